// That gRPC's callbacks run by the queue of callback_queue.h, whoever polls.

#include "server/worker/callback_queue.h"

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr int kCalls = 100;

class AnsweringService final : public Health::CallbackService {
 public:
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const HealthCheckRequest*,
                                  HealthCheckResponse* response) override {
    response->set_status(HealthCheckResponse::SERVING);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// A server that answers callbacks, with a completion queue beside.
class CallbackQueueTest : public testing::Test {
 protected:
  CallbackQueueTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    stub_ = Health::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }
  ~CallbackQueueTest() override {
    server_->Shutdown();
    queue_->Shutdown();
    void* tag;
    bool ok;
    while (queue_->Next(&tag, &ok)) {
    }
    if (poller_.joinable()) poller_.join();
  }

  // A thread that waits on the completion queue, as those of a worker do.
  void PollHere() {
    poller_ = std::thread([this] {
      void* tag;
      bool ok;
      while (queue_->Next(&tag, &ok)) {
      }
    });
  }

  // A call by callback on the client's side too, whose thread only waits.
  grpc::Status Check() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    context.set_wait_for_ready(true);
    HealthCheckRequest request;
    HealthCheckResponse response;
    absl::Notification done;
    grpc::Status status;
    stub_->async()->Check(&context, &request, &response,
                          [&](const grpc::Status& ended) {
                            status = ended;
                            done.Notify();
                          });
    done.WaitForNotification();
    return status;
  }

  AnsweringService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
  std::thread poller_;
};

TEST_F(CallbackQueueTest, GrpcTakesItsQueueFromHere) {
  EXPECT_TRUE(IsCallbackQueueInUse());
}

TEST_F(CallbackQueueTest, CallbacksRunWhileNobodyElsePolls) {
  for (int i = 0; i < kCalls; ++i) {
    const grpc::Status status = Check();
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
}

TEST_F(CallbackQueueTest, CallbacksRunWhileAThreadOfTheProgramPolls) {
  PollHere();
  SetPolledElsewhere(true);
  for (int i = 0; i < kCalls; ++i) {
    const grpc::Status status = Check();
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  SetPolledElsewhere(false);
  const grpc::Status status = Check();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace annod
