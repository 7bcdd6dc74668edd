// GetNnsStream over real processes.

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::StartsWith;
using Call =
    grpc::ClientReaderWriter<v1::GetNnsStreamRequest, v1::GetNnsStreamResponse>;

constexpr int kStreamDim = 8;
constexpr int kStreamItems = 3000;
constexpr int kRequests = 500;

class StreamRpcTest : public testing::Test {
 protected:
  explicit StreamRpcTest(int max_in_flight = 0,
                         absl::Duration idle_timeout = absl::Minutes(1))
      : cluster_(/*workers=*/1, [&](Config* config) {
          config->threads = 2;
          config->admission.max_in_flight = max_in_flight;
          config->stream_idle_timeout = idle_timeout;
        }) {
    cluster_.StartAll();
    EXPECT_TRUE(
        CreateIndex(&cluster_, "items", kStreamDim, v1::METRIC_ANGULAR).ok());
    EXPECT_TRUE(
        AddRandomItems(&cluster_, "items", kStreamDim, 0, kStreamItems).ok());
    EXPECT_TRUE(Build(&cluster_, "items").ok());
  }

  static v1::GetNnsRequest QueryOf(int i) {
    v1::GetNnsRequest request = ItemQuery("items", i, /*n=*/3 + i % 5);
    request.set_include_distances(true);
    // Some take much longer than others.
    for (int k = 0; k < i % 7 * 10; ++k) request.add_queries()->set_item(k);
    return request;
  }
  static bool Send(Call* call, const v1::GetNnsRequest& query) {
    v1::GetNnsStreamRequest request;
    *request.mutable_request() = query;
    return call->Write(request);
  }

  Cluster cluster_;
};

TEST_F(StreamRpcTest, AnswersInOrderAndAsGetNnsDoes) {
  const auto context = Context();
  const std::unique_ptr<Call> call =
      cluster_.index()->GetNnsStream(context.get());
  std::thread sender([&] {
    for (int i = 0; i < kRequests; ++i) {
      EXPECT_TRUE(Send(call.get(), QueryOf(i)));
    }
    call->WritesDone();
  });
  std::vector<v1::GetNnsStreamResponse> answers(1);
  while (call->Read(&answers.back())) answers.emplace_back();
  answers.pop_back();
  sender.join();
  const grpc::Status status = call->Finish();
  EXPECT_TRUE(status.ok()) << Describe(status);
  ASSERT_EQ(answers.size(), kRequests);
  for (int i = 0; i < kRequests; ++i) {
    v1::GetNnsResponse alone;
    ASSERT_TRUE(GetNns(&cluster_, QueryOf(i), &alone).ok());
    EXPECT_EQ(answers[i].response().SerializeAsString(),
              alone.SerializeAsString())
        << i;
  }
  EXPECT_TRUE(Eventually(
      [&] { return cluster_.Metric("annod_in_flight_calls", {}) == 0; }));
}

TEST_F(StreamRpcTest, TheFirstWrongRequestEndsIt) {
  const auto context = Context();
  const std::unique_ptr<Call> call =
      cluster_.index()->GetNnsStream(context.get());
  ASSERT_TRUE(Send(call.get(), QueryOf(0)));
  ASSERT_TRUE(Send(call.get(), QueryOf(6)));
  Send(call.get(), ItemQuery("items", kStreamItems, 1));
  Send(call.get(), QueryOf(1));
  v1::GetNnsStreamResponse answer;
  EXPECT_TRUE(call->Read(&answer));
  EXPECT_TRUE(call->Read(&answer));
  EXPECT_FALSE(call->Read(&answer));
  const grpc::Status status = call->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "ITEM_NOT_FOUND");
  EXPECT_THAT(status.error_message(), StartsWith("queries[0].item"));
}

// A thread may have refused a request before the one that read it goes on.
TEST_F(StreamRpcTest, ErrorsFoundAtOnceReachTheirCallers) {
  constexpr int kCallers = 8;
  constexpr int kStreamsOfEach = 500;
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < kStreamsOfEach && !HasFailure(); ++k) {
        const auto context = Context();
        const std::unique_ptr<Call> call =
            cluster_.index()->GetNnsStream(context.get());
        Send(call.get(), ItemQuery("unknown", 0, 1));
        v1::GetNnsStreamResponse answer;
        EXPECT_FALSE(call->Read(&answer));
        const grpc::Status status = call->Finish();
        EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND)
            << Describe(status);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST_F(StreamRpcTest, AWorkerThatShutsDownEndsItWithAReason) {
  const auto context = Context();
  const std::unique_ptr<Call> call =
      cluster_.index()->GetNnsStream(context.get());
  ASSERT_TRUE(Send(call.get(), QueryOf(0)));
  v1::GetNnsStreamResponse answer;
  ASSERT_TRUE(call->Read(&answer));
  cluster_.SignalWorker(0, SIGTERM);
  EXPECT_FALSE(call->Read(&answer));
  const grpc::Status status = call->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
      << Describe(status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "DRAINING");
  EXPECT_EQ(cluster_.AwaitWorkerExit(0), 0);
}

// A worker that has as many streams as it takes, of callers that ask nothing.
class CrowdedStreamRpcTest : public StreamRpcTest {
 protected:
  static constexpr int kMost = 1000;

  explicit CrowdedStreamRpcTest(absl::Duration timeout = absl::Hours(24))
      : StreamRpcTest(/*max_in_flight=*/0, timeout) {
    AddStream();
    EXPECT_TRUE(Asks(0));  // the longest silence will be this one's
    while (calls_.size() < kMost) AddStream();
  }
  ~CrowdedStreamRpcTest() override {
    for (const auto& context : contexts_) context->TryCancel();
    for (const auto& call : calls_) {
      if (call != nullptr) call->Finish();
    }
  }

  void AddStream() {
    contexts_.push_back(Context());
    calls_.push_back(cluster_.index()->GetNnsStream(contexts_.back().get()));
  }
  // Whether a stream is answered.
  bool Asks(size_t stream) {
    v1::GetNnsStreamResponse answer;
    return Send(calls_[stream].get(), QueryOf(0)) &&
           calls_[stream]->Read(&answer);
  }
  // How a stream ended, which is nobody else's then.
  static grpc::Status EndOf(std::unique_ptr<Call> call) {
    v1::GetNnsStreamResponse answer;
    while (call->Read(&answer)) {
    }
    return call->Finish();
  }

  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
  std::vector<std::unique_ptr<Call>> calls_;
};

TEST_F(CrowdedStreamRpcTest, RefusesOneMore) {
  EXPECT_TRUE(Eventually([&] {
    AddStream();
    return !Asks(calls_.size() - 1);
  }));
  const grpc::Status status = EndOf(std::move(calls_.back()));
  EXPECT_EQ(ErrorInfoOf(status).reason(), "LIMIT_REACHED") << Describe(status);
  EXPECT_TRUE(Asks(0));
}

class QuietStreamRpcTest : public CrowdedStreamRpcTest {
 protected:
  QuietStreamRpcTest() : CrowdedStreamRpcTest(absl::Milliseconds(100)) {}
};

TEST_F(QuietStreamRpcTest, WhoIsSilentForLongMakesRoom) {
  std::atomic<bool> left{false};
  grpc::Status status;
  std::thread silent([&, call = std::move(calls_[0])]() mutable {
    status = EndOf(std::move(call));
    left = true;
  });
  EXPECT_TRUE(Eventually([&] {
    AddStream();
    Asks(calls_.size() - 1);  // refused while no silence is long enough
    return left.load();
  }));
  if (!left) contexts_[0]->TryCancel();
  silent.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "STREAM_IDLE") << Describe(status);
  EXPECT_TRUE(Eventually([&] {
    AddStream();
    return Asks(calls_.size() - 1);
  }));
}

// A worker that lets requests of one stream at a time in.
class FullStreamRpcTest : public StreamRpcTest {
 protected:
  FullStreamRpcTest() : StreamRpcTest(/*max_in_flight=*/1) {}

  struct Outcome {
    int answers = 0;
    grpc::Status status;
    std::string pushback;  // "" if there was none
  };

  // Sends `count` requests over a stream and reads until its end.
  Outcome Exchange(int count) {
    const auto context = Context();
    const std::unique_ptr<Call> call =
        cluster_.index()->GetNnsStream(context.get());
    std::thread sender([&] {
      for (int i = 0; i < count && Send(call.get(), QueryOf(i)); ++i) {
      }
      call->WritesDone();
    });
    Outcome outcome;
    v1::GetNnsStreamResponse answer;
    while (call->Read(&answer)) ++outcome.answers;
    sender.join();
    outcome.status = call->Finish();
    const auto& trailers = context->GetServerTrailingMetadata();
    const auto pushback = trailers.find("grpc-retry-pushback-ms");
    if (pushback != trailers.end()) {
      outcome.pushback.assign(pushback->second.data(), pushback->second.size());
    }
    return outcome;
  }

  double Refused() { return cluster_.Metric("annod_rejected_calls_total", {}); }
};

TEST_F(FullStreamRpcTest, RefusesAStreamThatComesOnTop) {
  constexpr int kStreams = 20;
  std::vector<Outcome> outcomes(kStreams);
  std::vector<std::thread> threads;
  threads.reserve(kStreams);
  for (Outcome& outcome : outcomes) {
    threads.emplace_back([&] { outcome = Exchange(kRequests); });
  }
  for (std::thread& thread : threads) thread.join();
  int refused = 0;
  for (const auto& [answers, status, pushback] : outcomes) {
    if (status.ok()) {
      EXPECT_EQ(answers, kRequests);
      EXPECT_EQ(pushback, "");
      continue;
    }
    ++refused;
    EXPECT_LT(answers, kRequests);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "OVERLOADED") << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("retry_after_ms"), pushback);
  }
  EXPECT_GT(refused, 0);
  EXPECT_GE(Refused(), refused);
  EXPECT_TRUE(Eventually(
      [&] { return cluster_.Metric("annod_in_flight_calls", {}) == 0; }));
  // A request is counted out a moment before its stream makes room.
  Outcome after;
  EXPECT_TRUE(Eventually([&] {
    after = Exchange(1);
    return after.status.ok();
  })) << Describe(after.status);
}

TEST_F(FullStreamRpcTest, RefusesNoStreamForItsOwnRequests) {
  const Outcome outcome = Exchange(kRequests);
  EXPECT_TRUE(outcome.status.ok()) << Describe(outcome.status);
  EXPECT_EQ(outcome.answers, kRequests);
  EXPECT_EQ(Refused(), 0);
}

}  // namespace
}  // namespace annod
