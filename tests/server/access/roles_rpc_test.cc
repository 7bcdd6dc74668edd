// Every call of the services, made by everybody there may be.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "annod/v1/replication_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/method_roles.h"
#include "tests/server/testing/access.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// docs/access.md, once more.
const std::map<std::string, AccessRole>& ExpectedRoles() {
  static const auto* const roles = new std::map<std::string, AccessRole>{
      {"GetNns", AccessRole::kRead},
      {"GetNnsStream", AccessRole::kRead},
      {"GetItems", AccessRole::kRead},
      {"GetDistance", AccessRole::kRead},
      {"Info", AccessRole::kRead},
      {"ListIndexes", AccessRole::kRead},
      {"Serialize", AccessRole::kRead},
      {"FetchVersion", AccessRole::kRead},
      {"CreateIndex", AccessRole::kWrite},
      {"AddItem", AccessRole::kWrite},
      {"AddItems", AccessRole::kWrite},
      {"RemoveItems", AccessRole::kWrite},
      {"Fit", AccessRole::kWrite},
      {"Build", AccessRole::kWrite},
      {"CancelBuild", AccessRole::kWrite},
      {"Unbuild", AccessRole::kWrite},
      {"Rebuild", AccessRole::kWrite},
      {"Activate", AccessRole::kWrite},
      {"Deserialize", AccessRole::kWrite},
      {"UpdateSettings", AccessRole::kWrite},
      {"RenewLease", AccessRole::kWrite},
      {"DropIndex", AccessRole::kWrite},
      {"Attach", AccessRole::kAdmin},
      {"Detach", AccessRole::kAdmin},
      {"Reload", AccessRole::kAdmin},
  };
  return *roles;
}

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const Descriptor* one :
       {v1::GetNnsRequest::descriptor(), v1::CreateIndexRequest::descriptor(),
        v1::FetchVersionRequest::descriptor()}) {
    const auto* const file = one->file();
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

// A request that names `index` wherever it can.
std::unique_ptr<Message> RequestFor(const MethodDescriptor& method,
                                    const std::string& index) {
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.input_type())
          ->New());
  if (auto* stream = dynamic_cast<v1::GetNnsStreamRequest*>(request.get())) {
    stream->mutable_request()->set_index(index);
  }
  for (const char* name : {"index", "target_index"}) {
    const FieldDescriptor* const field =
        request->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) continue;
    request->GetReflection()->SetString(request.get(), field, index);
  }
  return request;
}

// All fields of the name of an index in a message and those in it.
void CollectIndexFields(const Descriptor& type, std::set<std::string>* seen,
                        std::set<std::string>* names) {
  if (!seen->insert(type.full_name()).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CollectIndexFields(*field->message_type(), seen, names);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
               field->name().find("index") != std::string::npos) {
      EXPECT_FALSE(field->is_repeated()) << field->full_name();
      names->insert(field->name());
    }
  }
}

TEST(MethodRoles, EveryMethodHasOne) {
  for (const MethodDescriptor* method : AllMethods()) {
    ASSERT_EQ(ExpectedRoles().count(method->name()), 1) << method->full_name();
    EXPECT_EQ(RoleNeeded(PathOf(*method)), ExpectedRoles().at(method->name()))
        << method->full_name()
        << ": a new call needs a line in server/access/method_roles.cc";
  }
  EXPECT_EQ(AllMethods().size(), ExpectedRoles().size());
  EXPECT_FALSE(RoleNeeded("/annod.v1.IndexService/NoSuch").has_value());
}

TEST(MethodRoles, WhatOnlyReadsChangesNothing) {
  const std::set<std::string> harmless = {
      "GetNns",      "GetNnsStream", "GetItems",     "GetDistance", "Info",
      "ListIndexes", "Serialize",    "FetchVersion", "Reload"};
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_EQ(ChangesIndexes(PathOf(*method)),
              harmless.count(method->name()) == 0)
        << method->full_name();
  }
}

TEST(MethodRoles, IndexesAreNamedByFieldsThatAreChecked) {
  for (const MethodDescriptor* method : AllMethods()) {
    std::set<std::string> seen;
    std::set<std::string> names;
    CollectIndexFields(*method->input_type(), &seen, &names);
    for (const std::string& name : names) {
      EXPECT_TRUE(name == "index" || name == "target_index")
          << method->full_name()
          << ": server/access/named_indexes.cc knows no field " << name;
    }
  }
}

class RolesRpcTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1, [](Config* config) {
      config->access_file = absl::StrCat(config->data_dir, "/../access.json");
      const std::string a = R"("indexes": ["a-*"])";
      const std::string b = R"("indexes": ["b-*"])";
      const std::string expired = R"("expires": "2020-01-01T00:00:00Z")";
      WriteAccessFile(
          config->access_file,
          absl::StrCat(IdentityJson("reader", "read", a), ",",
                       IdentityJson("writer", "write", a), ",",
                       IdentityJson("admin", "admin", a), ",",
                       IdentityJson("other-reader", "read", b), ",",
                       IdentityJson("other-writer", "write", b), ",",
                       IdentityJson("other-admin", "admin", b), ",",
                       IdentityJson("expired", "admin", expired)));
    });
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  static grpc::Status Call(const MethodDescriptor& method,
                           const std::string& index,
                           const std::string& authorization) {
    return CallOnce(channel(), method, *RequestFor(method, index),
                    authorization);
  }
  static std::shared_ptr<grpc::Channel> channel() {
    static const auto channel = cluster_->NewChannel();
    return channel;
  }
  static std::string Bearer(const std::string& name) {
    return absl::StrCat("Bearer ", TokenFor(name));
  }

  static inline Cluster* cluster_ = nullptr;
};

TEST_F(RolesRpcTest, WhoSaysNothingIsAskedForAToken) {
  for (const MethodDescriptor* method : AllMethods()) {
    const grpc::Status status = Call(*method, "a-none", "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
        << method->name() << " " << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "CREDENTIALS_MISSING")
        << method->name();
  }
}

TEST_F(RolesRpcTest, WhatDoesNotHoldIsRefusedAlike) {
  std::string text;
  for (const std::string& authorization :
       {Bearer("nobody"), Bearer("expired"), std::string("Bearer x"),
        std::string("Basic cmVhZGVyOg=="), TokenFor("reader"),
        Bearer("reader") + "0", std::string("Bearer ")}) {
    for (const MethodDescriptor* method : AllMethods()) {
      const grpc::Status status = Call(*method, "a-none", authorization);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
          << method->name() << " " << Describe(status);
      EXPECT_EQ(ErrorInfoOf(status).reason(), "CREDENTIALS_INVALID")
          << method->name();
      // Which of them it was is not told.
      if (text.empty()) text = status.error_message();
      EXPECT_EQ(status.error_message(), text);
    }
  }
}

TEST_F(RolesRpcTest, EachRoleMayWhatTheTableSays) {
  const std::map<std::string, AccessRole> callers = {
      {"reader", AccessRole::kRead},
      {"writer", AccessRole::kWrite},
      {"admin", AccessRole::kAdmin},
      {"other-reader", AccessRole::kRead},
      {"other-writer", AccessRole::kWrite},
      {"other-admin", AccessRole::kAdmin}};
  for (const auto& [name, role] : callers) {
    for (const MethodDescriptor* method : AllMethods()) {
      const grpc::Status status = Call(*method, "a-none", Bearer(name));
      const std::string what =
          absl::StrCat(name, " ", method->name(), " ", Describe(status));
      const bool has_role = role >= ExpectedRoles().at(method->name());
      const bool has_index = name.find("other") == std::string::npos ||
                             method->name() == "ListIndexes";
      if (has_role && has_index) {
        // There is no such index; what the call says to that is its business.
        EXPECT_NE(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
            << what;
        EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
            << what;
        EXPECT_NE(status.error_code(), grpc::StatusCode::INTERNAL) << what;
        continue;
      }
      EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
          << what;
      const google::rpc::ErrorInfo info = ErrorInfoOf(status);
      EXPECT_EQ(info.reason(), "NOT_ALLOWED") << what;
      EXPECT_EQ(info.metadata().at("role"), RoleName(role)) << what;
      if (has_role) {
        EXPECT_EQ(info.metadata().at("index"), "a-none") << what;
      } else {
        EXPECT_EQ(info.metadata().count("index"), 0) << what;
      }
    }
  }
}

// A large one is read elsewhere than others.
TEST_F(RolesRpcTest, TheIndexOfALargeRequestIsAskedAbout) {
  v1::GetNnsRequest request;
  request.set_index("a-none");
  request.add_queries()->set_label(std::string(2000000, 'x'));
  const auto reason = [&request](const std::string& name) {
    for (const MethodDescriptor* method : AllMethods()) {
      if (method->name() != "GetNns") continue;
      return ErrorInfoOf(CallOnce(channel(), *method, request, Bearer(name)))
          .reason();
    }
    return std::string("no such method");
  };
  EXPECT_EQ(reason("other-reader"), "NOT_ALLOWED");
  EXPECT_EQ(reason("reader"), "INDEX_NOT_FOUND");
}

}  // namespace
}  // namespace annod
