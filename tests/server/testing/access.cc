#include "tests/server/testing/access.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "core/access/token.h"
#include "core/file_system.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// Waits for the only event under way; false if it has failed.
bool Await(grpc::CompletionQueue* queue) {
  void* tag;
  bool ok = false;
  EXPECT_TRUE(queue->Next(&tag, &ok));
  return ok;
}

}  // namespace

std::string TokenFor(const std::string& name) {
  std::string token = absl::StrCat(kTokenPrefix, name);
  token.resize(kTokenBytes, '0');
  return token;
}

std::string IdentityJson(const std::string& name, const std::string& role,
                         const std::string& fields) {
  return absl::StrCat(R"({"name": ")", name, R"(", "role": ")", role,
                      R"(", "token_sha256": [")",
                      HashText(HashToken(TokenFor(name))), "\"]",
                      fields.empty() ? "" : ", ", fields, "}");
}

void WriteAccessFile(const std::string& path, const std::string& identities) {
  const absl::Status written = WriteFileAtomically(
      FileSystem::Posix(), path,
      absl::StrCat(R"({"identities": [)", identities, "]}\n"));
  EXPECT_TRUE(written.ok()) << written;
}

std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token) {
  auto context = Context();
  if (!token.empty()) {
    context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }
  return context;
}

grpc::Status CallOnce(const std::shared_ptr<grpc::Channel>& channel,
                      const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Message& request,
                      const std::string& authorization) {
  const auto context = Context();
  if (!authorization.empty()) {
    context->AddMetadata("authorization", authorization);
  }
  const grpc::Slice slice(request.SerializeAsString());
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareCall(
      context.get(),
      absl::StrCat("/", method.service()->full_name(), "/", method.name()),
      &queue);
  call->StartCall(nullptr);
  if (Await(&queue)) {
    call->WriteLast(bytes, grpc::WriteOptions(), nullptr);
    Await(&queue);
    grpc::ByteBuffer answer;
    do {
      call->Read(&answer, nullptr);
    } while (Await(&queue));
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  Await(&queue);
  queue.Shutdown();
  return status;
}

}  // namespace annod
