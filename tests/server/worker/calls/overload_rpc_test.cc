// More calls than a worker takes on: what is refused, how, and what is not.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kOverloadDim = 512;
constexpr int kOverloadItems = 3000;
constexpr int kCalls = 300;

struct Outcome {
  grpc::Status status;
  std::string pushback;  // "" if there was none
};

class OverloadRpcTest : public testing::Test {
 protected:
  // Of each kind a worker takes on one call at a time, but for the quick ones.
  explicit OverloadRpcTest(int max_in_flight = 100000,
                           absl::Duration max_queue_time = absl::Minutes(1))
      : cluster_(/*workers=*/1, [&](Config* config) {
          config->threads = 1;
          config->admission.max_in_flight = max_in_flight;
          config->admission.max_queue_time = max_queue_time;
          config->admission.max_exact_calls = 1;
          config->admission.max_batch_calls = 1;
        }) {
    cluster_.StartAll();
    EXPECT_TRUE(
        CreateIndex(&cluster_, "words", kOverloadDim, v1::METRIC_EUCLIDEAN)
            .ok());
    EXPECT_TRUE(
        AddRandomItems(&cluster_, "words", kOverloadDim, 0, kOverloadItems)
            .ok());
    EXPECT_TRUE(Build(&cluster_, "words").ok());
  }

  // Sends `count` equal calls at once and waits for all.
  std::vector<Outcome> Flood(const v1::GetNnsRequest& request, int count) {
    struct Call {
      std::unique_ptr<grpc::ClientContext> context = Context();
      v1::GetNnsResponse response;
      grpc::Status status;
      std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetNnsResponse>>
          reader;
    };
    grpc::CompletionQueue queue;
    std::vector<Call> calls(count);
    for (Call& call : calls) {
      call.reader =
          cluster_.index()->AsyncGetNns(call.context.get(), request, &queue);
      call.reader->Finish(&call.response, &call.status, &call);
    }
    std::vector<Outcome> outcomes;
    for (int i = 0; i < count; ++i) {
      void* tag;
      bool ok;
      EXPECT_TRUE(queue.Next(&tag, &ok));
      auto* const call = static_cast<Call*>(tag);
      const auto& trailers = call->context->GetServerTrailingMetadata();
      const auto pushback = trailers.find("grpc-retry-pushback-ms");
      outcomes.push_back(
          {call->status, pushback == trailers.end()
                             ? ""
                             : std::string(pushback->second.data(),
                                           pushback->second.size())});
    }
    return outcomes;
  }

  // Of the calls some were answered and all others refused, in the proper form
  // and counted under `reason`.
  void ExpectSomeRefused(const std::vector<Outcome>& outcomes,
                         const std::string& reason) {
    int answered = 0;
    int refused = 0;
    for (const auto& [status, pushback] : outcomes) {
      if (status.ok()) {
        ++answered;
        EXPECT_EQ(pushback, "");
        continue;
      }
      ++refused;
      EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
      const google::rpc::ErrorInfo info = ErrorInfoOf(status);
      EXPECT_EQ(info.reason(), "OVERLOADED") << Describe(status);
      EXPECT_EQ(info.metadata().at("retry_after_ms"), pushback);
      EXPECT_GE(std::stoi(pushback), 10);
    }
    EXPECT_GT(answered, 0);
    EXPECT_GT(refused, 0);
    cluster_.ExpectMetric("annod_rejected_calls_total", {{"reason", reason}},
                          refused);
  }

  static v1::GetNnsRequest Quick() { return ItemQuery("words", 1, 10); }
  // Half a million components are compared for each of the queries.
  static v1::GetNnsRequest Many(int queries) {
    v1::GetNnsRequest request;
    request.set_index("words");
    request.set_engine(v1::ENGINE_EXACT);
    for (int i = 0; i < queries; ++i) request.add_queries()->set_item(i);
    return request;
  }
  static v1::GetNnsRequest Exact() { return Many(8); }
  static v1::GetNnsRequest Batch() { return Many(64); }

  // What went in has come out again.
  void ExpectNoneInFlight() {
    cluster_.ExpectMetric("annod_in_flight_calls", {}, 0);
  }

  double Refused(const std::string& reason) {
    return cluster_.Metric("annod_rejected_calls_total", {{"reason", reason}});
  }

  Cluster cluster_;
};

class FewInFlightTest : public OverloadRpcTest {
 protected:
  FewInFlightTest() : OverloadRpcTest(/*max_in_flight=*/1) {}
};

TEST_F(FewInFlightTest, QuickCallsBeyondTheBoundAreRefused) {
  ExpectSomeRefused(Flood(Quick(), kCalls), "max_in_flight");
  ExpectNoneInFlight();
  // And the next call finds room.
  v1::GetNnsResponse response;
  const grpc::Status status = GetNns(&cluster_, Quick(), &response);
  EXPECT_TRUE(status.ok()) << Describe(status);
}

class ShortQueueTest : public OverloadRpcTest {
 protected:
  ShortQueueTest()
      : OverloadRpcTest(/*max_in_flight=*/100000, absl::Milliseconds(1)) {}
};

TEST_F(ShortQueueTest, QuickCallsThatWaitTooLongAreRefused) {
  // As often as it takes for some to wait.
  EXPECT_TRUE(Eventually([&] {
    for (const Outcome& outcome : Flood(Quick(), kCalls)) {
      EXPECT_EQ(outcome.status.ok(), outcome.pushback == "")
          << Describe(outcome.status);
    }
    return Refused("queue_time") > 0;
  }));
  EXPECT_EQ(Refused("max_in_flight"), 0);
  ExpectNoneInFlight();
}

TEST_F(OverloadRpcTest, BatchesHaveALaneOfTheirOwn) {
  ExpectSomeRefused(Flood(Batch(), kCalls), "max_batch_calls");
  EXPECT_EQ(Refused("max_exact_calls"), 0);
  ExpectNoneInFlight();
}

// Read where it comes in, it would keep health waiting.
TEST_F(OverloadRpcTest, LargeRequestsGoTheWayOfBatches) {
  v1::GetNnsRequest large = Quick();
  // As often as it takes for two to be there at a time.
  for (int i = 0; i < 500000; ++i) large.add_exclude_items(100000 + i);
  EXPECT_TRUE(Eventually([&] {
    for (const Outcome& outcome : Flood(large, 10)) {
      EXPECT_TRUE(outcome.status.ok() || outcome.pushback != "")
          << Describe(outcome.status);
    }
    return Refused("max_batch_calls") > 0;
  }));
  ExpectNoneInFlight();
}

TEST_F(OverloadRpcTest, ExactCallsHaveALaneOfTheirOwn) {
  ExpectSomeRefused(Flood(Exact(), kCalls), "max_exact_calls");
  EXPECT_EQ(Refused("max_batch_calls"), 0);
}

TEST_F(OverloadRpcTest, LongCallsKeepNobodyElseWaiting) {
  std::atomic<bool> stop{false};
  std::thread flood([&] {
    while (!stop) {
      Flood(Batch(), 20);
      Flood(Exact(), 20);
    }
  });
  EXPECT_TRUE(Eventually([&] {
    return Refused("max_exact_calls") > 0 && Refused("max_batch_calls") > 0;
  }));
  for (int i = 0; i < 50; ++i) {
    v1::GetNnsResponse response;
    const grpc::Status status = GetNns(&cluster_, Quick(), &response);
    EXPECT_TRUE(status.ok()) << Describe(status);
    grpc::health::v1::HealthCheckResponse health;
    EXPECT_TRUE(cluster_.health()->Check(Context().get(), {}, &health).ok());
  }
  stop = true;
  flood.join();
  EXPECT_EQ(Refused("max_in_flight") + Refused("queue_time"), 0);
}

TEST_F(OverloadRpcTest, ASingleConnectionHasEveryCallAnswered) {
  for (const Outcome& outcome : Flood(Quick(), kCalls)) {
    EXPECT_TRUE(outcome.status.ok()) << Describe(outcome.status);
  }
  cluster_.ExpectMetric("annod_search_stage_duration_seconds",
                        {{"stage", "queue"}}, kCalls);
}

}  // namespace
}  // namespace annod
