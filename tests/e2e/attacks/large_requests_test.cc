// Requests that take more memory than their callers had to send, and many large
// ones at a time.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "tests/e2e/attacks/attacked_annod.h"

namespace annod::testing {
namespace {

constexpr int kMegabyte = 1000000;
constexpr absl::Duration kDeadline = absl::Minutes(2);

// `tag` and nothing behind it, again and again.
std::string EmptyFields(char tag, int count) {
  std::string bytes;
  bytes.reserve(2 * count);
  for (int i = 0; i < count; ++i) bytes += {tag, '\0'};
  return bytes;
}

class LargeRequestsTest : public AttackedAnnod {
 protected:
  // One call with these bytes, on a connection of its own.
  grpc::Status Call(
      const std::string& path, const std::string& bytes,
      grpc_compression_algorithm compression = GRPC_COMPRESS_NONE) {
    grpc::ChannelArguments args;
    args.SetMaxSendMessageSize(-1);
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    grpc::GenericStub stub(grpc::CreateCustomChannel(
        address(), grpc::InsecureChannelCredentials(), args));
    grpc::ClientContext context;
    context.set_compression_algorithm(compression);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
    grpc::CompletionQueue queue;
    // Bidirectional serves every kind of call.
    const auto call = stub.PrepareCall(&context, path, &queue);
    const auto next = [&queue] {
      void* tag;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    if (next()) {
      const grpc::Slice slice(bytes.data(), bytes.size(),
                              grpc::Slice::STATIC_SLICE);
      const grpc::ByteBuffer buffer(&slice, 1);
      call->WriteLast(buffer, {}, nullptr);
      next();
    }
    grpc::Status status;
    grpc::ByteBuffer answer;
    do {
      call->Read(&answer, nullptr);
    } while (next());
    call->Finish(&status, nullptr);
    next();
    queue.Shutdown();
    while (next()) {
    }
    return status;
  }
};

TEST_F(LargeRequestsTest, CompressedAreRefusedUnread) {
  const std::string zeros(600 * kMegabyte, '\0');
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::Status status;
    Attack("600 MB of zeros, compressed", [&] {
      status = Call("/annod.v1.IndexService/GetNns", zeros, algorithm);
    });
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED)
        << status.error_message();
  }
}

TEST_F(LargeRequestsTest, ElementsAreCountedBeforeTheyAreMade) {
  const std::string index = "/annod.v1.IndexService/";
  const std::string admin = "/annod.v1.AdminService/";
  const std::string queries = EmptyFields('\x12', 20 * kMegabyte);
  const std::string rows = EmptyFields('\x1a', 20 * kMegabyte);
  const std::string unknown = EmptyFields('\x78', 20 * kMegabyte);
  const std::string packed =
      absl::StrCat("\x12\x80\xda\xc4\x09", std::string(20000000, '\1'));
  const struct {
    std::string path;
    const std::string& bytes;
  } kRequests[] = {
      {index + "GetNns", queries},
      {index + "GetNns", unknown},
      {index + "GetItems", rows},
      {index + "GetItems", packed},
      {index + "Info", unknown},
      {index + "ListIndexes", unknown},
      {admin + "AddItem", queries},
      {admin + "AddItems", queries},
      {admin + "Fit", rows},
      {admin + "RemoveItems", rows},
      {admin + "RemoveItems", packed},
      {"/grpc.health.v1.Health/Check", unknown},
      {"/grpc.health.v1.Health/Watch", unknown},
      {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", unknown},
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
       unknown},
  };
  for (const auto& request : kRequests) {
    grpc::Status status;
    Attack(absl::StrCat("40 MB of small fields to ", request.path),
           [&] { status = Call(request.path, request.bytes); });
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << request.path << ": " << status.error_message();
  }
}

TEST_F(LargeRequestsTest, ManyAtATimeAreBounded) {
  // As large as a message may be; it parses, and takes nothing more.
  v1::AddItemRequest add;
  add.set_index("a");
  add.add_items()->set_label(std::string(60 * kMegabyte, 'x'));
  v1::GetNnsRequest ask;
  ask.set_index("a");
  ask.add_queries()->set_label(std::string(60 * kMegabyte, 'x'));
  // Three times max_request_memory and more. A GetNns is parsed at a low
  // priority: on a busy machine each takes seconds.
  const struct {
    std::string path;
    std::string bytes;
    int calls;
  } kRequests[] = {
      {"/annod.v1.AdminService/AddItem", add.SerializeAsString(), 24},
      {"/annod.v1.IndexService/GetNns", ask.SerializeAsString(), 14}};
  for (const auto& request : kRequests) {
    Attack(
        absl::StrCat(request.calls, " times 60 MB to ", request.path),
        [&] {
          std::vector<std::thread> callers;
          for (int i = 0; i < request.calls; ++i) {
            callers.emplace_back(
                [&] { EXPECT_FALSE(Call(request.path, request.bytes).ok()); });
          }
          for (std::thread& caller : callers) caller.join();
        },
        ManyLargeRequests());
  }
}

}  // namespace
}  // namespace annod::testing
