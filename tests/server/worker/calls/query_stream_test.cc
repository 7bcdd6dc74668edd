// The stream alone, over a real connection, with an owner that answers when the
// test says so.

#include "server/worker/calls/query_stream.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/rpc/parse_request.h"

namespace annod {
namespace {

using Request = v1::GetNnsStreamRequest;
using Response = v1::GetNnsStreamResponse;

constexpr size_t kWindow = 4;
constexpr int64_t kMaxBytes = 100000;
constexpr absl::Duration kPatience = absl::Seconds(20);

// Holds requests by their number, which is their `n`: two threads that read may
// queue theirs in any order.
class HoldingOwner final : public StreamOwner {
 public:
  void Queue(QueryStream*, StreamSlot* slot) override {
    Request request;
    EXPECT_TRUE(ParseRequest(slot->request, &request).ok());
    absl::MutexLock lock(&mu_);
    slots_[request.request().n()] = slot;
  }
  void Sent() override {
    absl::MutexLock lock(&mu_);
    ++sent_;
  }
  void Ended(QueryStream*) override {
    absl::MutexLock lock(&mu_);
    ended_ = true;
  }

  // Waits until that many requests have been taken in all.
  bool AwaitTaken(size_t count) {
    absl::MutexLock lock(&mu_);
    const auto taken = [&] { return slots_.size() >= count; };
    return mu_.AwaitWithTimeout(absl::Condition(&taken), kPatience);
  }
  bool AwaitEnd() {
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&ended_), kPatience);
  }
  size_t taken() {
    absl::MutexLock lock(&mu_);
    return slots_.size();
  }
  size_t sent() {
    absl::MutexLock lock(&mu_);
    return sent_;
  }
  // Waits for the request of that number; null if it does not come.
  StreamSlot* Await(int number) {
    absl::MutexLock lock(&mu_);
    const auto has_come = [&] { return slots_.count(number) > 0; };
    return mu_.AwaitWithTimeout(absl::Condition(&has_come), kPatience)
               ? slots_.at(number)
               : nullptr;
  }

 private:
  absl::Mutex mu_;
  std::map<int, StreamSlot*> slots_;
  size_t sent_ = 0;
  bool ended_ = false;
};

class StreamService final
    : public v1::IndexService::WithRawCallbackMethod_GetNnsStream<
          v1::IndexService::Service> {
 public:
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* GetNnsStream(
      grpc::CallbackServerContext* context) override {
    stream = new QueryStream(context, &owner, &unsent, kWindow, kMaxBytes);
    stream->Start();
    return stream;
  }
  LiveConfig config{Config()};
  WorkerMetrics metrics{nullptr};
  UnsentAnswers unsent{&config, &metrics};
  HoldingOwner owner;
  QueryStream* stream = nullptr;
};

class QueryStreamTest : public testing::Test {
 protected:
  QueryStreamTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::IndexService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(60));
    call_ = stub_->GetNnsStream(&context_);
  }
  ~QueryStreamTest() override {
    context_.TryCancel();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  // Sends requests 0 to `count` - 1.
  void Send(int count, const std::string& index = "a") {
    Request request;
    request.mutable_request()->set_index(index);
    for (int i = 0; i < count; ++i) {
      request.mutable_request()->set_n(i);
      ASSERT_TRUE(call_->Write(request));
    }
  }
  // Answers the i-th request with version i.
  void Answer(size_t i, const absl::Status& status = absl::OkStatus()) {
    StreamSlot* const slot = owner().Await(static_cast<int>(i));
    ASSERT_NE(slot, nullptr);
    Response response;
    response.mutable_response()->set_version(static_cast<int64_t>(i));
    const grpc::Slice bytes(response.SerializeAsString());
    slot->response = grpc::ByteBuffer(&bytes, 1);
    slot->status = status;
    service_.stream->Answered(slot);
  }
  // The version in the next answer; -1 at the end.
  int64_t Read() {
    Response response;
    return call_->Read(&response) ? response.response().version() : -1;
  }
  HoldingOwner& owner() { return service_.owner; }

  StreamService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::IndexService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> call_;
};

TEST_F(QueryStreamTest, SendsAnswersInTheOrderOfRequests) {
  Send(3);
  for (const size_t i : {2, 0, 1}) Answer(i);
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(Read(), i);
  call_->WritesDone();
  EXPECT_EQ(Read(), -1);
  EXPECT_TRUE(call_->Finish().ok());
  EXPECT_TRUE(owner().AwaitEnd());
  EXPECT_EQ(owner().sent(), 3);
}

TEST_F(QueryStreamTest, TakesNoMoreThanItsWindow) {
  Send(2 * kWindow);
  for (size_t i = 0; i < kWindow; ++i) {
    ASSERT_TRUE(owner().AwaitTaken(kWindow + i));
    // One that is sent makes room for one.
    EXPECT_EQ(owner().taken(), kWindow + i);
    Answer(i);
    EXPECT_EQ(Read(), static_cast<int64_t>(i));
  }
  for (size_t i = kWindow; i < 2 * kWindow; ++i) Answer(i);
  for (size_t i = kWindow; i < 2 * kWindow; ++i) {
    EXPECT_EQ(Read(), static_cast<int64_t>(i));
  }
}

TEST_F(QueryStreamTest, TakesNoMoreThanItsBytes) {
  Send(3, std::string(kMaxBytes, 'x'));
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(owner().AwaitTaken(i + 1));
    EXPECT_EQ(owner().taken(), i + 1);
    Answer(i);
    EXPECT_EQ(Read(), static_cast<int64_t>(i));
  }
}

TEST_F(QueryStreamTest, AFailureEndsItAfterTheAnswersBefore) {
  Send(3);
  Answer(2);
  Answer(1, absl::NotFoundError("no such thing"));
  Answer(0);
  EXPECT_EQ(Read(), 0);
  EXPECT_EQ(Read(), -1);
  const grpc::Status status = call_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such thing");
  EXPECT_TRUE(owner().AwaitEnd());
}

TEST_F(QueryStreamTest, EndedFromOutsideItAnswersWhatItTook) {
  Send(2);
  ASSERT_TRUE(owner().AwaitTaken(2));
  service_.stream->EndWith(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "go away"));
  Answer(0);
  Answer(1);
  EXPECT_EQ(Read(), 0);
  EXPECT_EQ(Read(), 1);
  EXPECT_EQ(Read(), -1);
  EXPECT_EQ(call_->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(QueryStreamTest, KnowsThatItsCallerHasGoneAndLivesUntilTheWorkIsDone) {
  Send(2);
  ASSERT_TRUE(owner().AwaitTaken(2));
  context_.TryCancel();
  call_->Finish();
  const absl::Time give_up = absl::Now() + kPatience;
  while (!service_.stream->cancelled() && absl::Now() < give_up) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  ASSERT_TRUE(service_.stream->cancelled());
  Answer(0, absl::CancelledError(""));
  Answer(1, absl::CancelledError(""));
  EXPECT_TRUE(owner().AwaitEnd());
  EXPECT_EQ(owner().sent(), 2);
}

}  // namespace
}  // namespace annod
