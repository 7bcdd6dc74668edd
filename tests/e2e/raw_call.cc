#include "tests/e2e/raw_call.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "annod/v1/replication_service.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"

namespace annod::testing {

using nlohmann::json;

Answer RawCall(const std::shared_ptr<grpc::Channel>& channel,
               const std::string& path,
               const google::protobuf::Message& request,
               const std::map<std::string, std::string>& metadata) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  const auto wait = [&queue] {
    void* tag;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  call->StartCall(nullptr);
  wait();
  const grpc::Slice slice(request.SerializeAsString());
  call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  wait();
  grpc::ByteBuffer response;
  do {
    call->Read(&response, nullptr);
  } while (wait());
  Answer answer;
  call->Finish(&answer.status, nullptr);
  wait();
  const auto& trailing = context.GetServerTrailingMetadata();
  EXPECT_LE(trailing.count("x-request-id"), 1u);
  const auto it = trailing.find("x-request-id");
  if (it != trailing.end()) {
    answer.request_id = std::string(it->second.data(), it->second.size());
  }
  return answer;
}

std::vector<const google::protobuf::MethodDescriptor*> AllMethods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const auto* service :
       {v1::GetNnsRequest::descriptor()->file()->FindServiceByName(
            "IndexService"),
        v1::CreateIndexRequest::descriptor()->file()->FindServiceByName(
            "AdminService"),
        v1::FetchVersionRequest::descriptor()->file()->FindServiceByName(
            "ReplicationService")}) {
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(service->method(i));
    }
  }
  return methods;
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

std::unique_ptr<google::protobuf::Message> RequestOf(
    const google::protobuf::MethodDescriptor& method,
    const std::string& index) {
  std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.input_type())
          ->New());
  const auto* field = method.input_type()->FindFieldByName("index");
  if (field != nullptr) {
    request->GetReflection()->SetString(request.get(), field, index);
  }
  return request;
}

std::string FileText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<json> LinesOf(std::string text) {
  text.resize(text.rfind('\n') + 1);
  std::vector<json> lines;
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "annod: serving")) continue;
    json parsed = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object()) {
      ADD_FAILURE() << "not an object: " << line;
      continue;
    }
    lines.push_back(std::move(parsed));
  }
  return lines;
}

json AwaitLine(const std::function<std::string()>& text, const json& wanted) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (absl::Now() < deadline) {
    json found;
    for (const json& line : LinesOf(text())) {
      bool matches = true;
      for (const auto& item : wanted.items()) {
        matches = matches && line.value(item.key(), json()) == item.value();
      }
      if (matches) found = line;
    }
    if (!found.is_null()) return found;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return nullptr;
}

}  // namespace annod::testing
