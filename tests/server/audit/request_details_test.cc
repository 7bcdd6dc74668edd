#include "server/audit/request_details.h"

#include <memory>
#include <string>

#include "annod/v1/admin_service.pb.h"
#include "annod/v1/replication_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Told(const RequestDetails& details) {
  LogFields fields;
  details.AppendTo(&fields);
  return JsonObject(fields);
}

TEST(RequestDetails, CountsOverTheMessagesOfAStream) {
  RequestDetails details;
  v1::AddItemsRequest request;
  request.set_index("words");
  request.add_items()->set_label("secret");
  request.add_items()->mutable_vector()->add_values(0.123f);
  details.Add(request);
  request.clear_index();
  details.Add(request);
  EXPECT_EQ(details.index(), "words");
  EXPECT_THAT(Told(details), HasSubstr("\"items\":4,\"messages\":2,"));
}

TEST(RequestDetails, TellsVersionsAndPathsPrintably) {
  RequestDetails details;
  v1::AttachRequest request;
  request.set_index("a\nb");
  request.set_path("/data/x.ann\n");
  details.Add(request);
  EXPECT_EQ(details.index(), "a\\nb");
  EXPECT_THAT(Told(details), HasSubstr("/data/x.ann\\\\n"));
  RequestDetails activation;
  v1::ActivateRequest activate;
  activate.set_version(7);
  activation.Add(activate);
  EXPECT_THAT(Told(activation), HasSubstr("\"version\":7"));
}

// Every text and every number of it set to something that can be found again.
void Fill(Message* message, int depth) {
  const auto* const reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message->GetDescriptor()->field(i);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth == 0 || field->is_map()) break;
        Fill(field->is_repeated() ? reflection->AddMessage(message, field)
                                  : reflection->MutableMessage(message, field),
             depth - 1);
        break;
      case FieldDescriptor::CPPTYPE_STRING: {
        const bool told = field->name() == "index" || field->name() == "path" ||
                          field->name() == "target_index";
        const std::string text = told ? "told" : "secret";
        if (field->is_repeated()) {
          reflection->AddString(message, field, text);
        } else {
          reflection->SetString(message, field, text);
        }
        break;
      }
      case FieldDescriptor::CPPTYPE_FLOAT:
        if (field->is_repeated()) {
          reflection->AddFloat(message, field, 12345.0f);
        } else {
          reflection->SetFloat(message, field, 12345.0f);
        }
        break;
      default:
        break;
    }
  }
}

TEST(RequestDetails, NoVectorAndNoLabelOfAnyRequestIsTold) {
  for (const auto* const file :
       {v1::CreateIndexRequest::descriptor()->file(),
        v1::FetchVersionRequest::descriptor()->file()}) {
    const auto* const service = file->service(0);
    for (int i = 0; i < service->method_count(); ++i) {
      const std::unique_ptr<Message> request(
          google::protobuf::MessageFactory::generated_factory()
              ->GetPrototype(service->method(i)->input_type())
              ->New());
      Fill(request.get(), 4);
      RequestDetails details;
      details.Add(*request);
      EXPECT_EQ(details.index(), "told") << service->method(i)->name();
      EXPECT_THAT(Told(details), Not(HasSubstr("secret")))
          << service->method(i)->name();
      EXPECT_THAT(Told(details), Not(HasSubstr("12345")))
          << service->method(i)->name();
    }
  }
}

}  // namespace
}  // namespace annod
