// How long a query call may take, and calls of many queries, over real
// processes.

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kDim = 8;
constexpr int kItems = 20000;
// Comparing every item so many times takes seconds on any machine.
constexpr int kManyQueries = 60000;
// Soon, compared with that.
constexpr absl::Duration kSoon = absl::Seconds(5);

v1::GetNnsRequest LongCall() {
  v1::GetNnsRequest request;
  request.set_index("items");
  request.set_engine(v1::ENGINE_EXACT);
  request.set_n(1);
  for (int i = 0; i < kManyQueries; ++i) {
    request.add_queries()->set_item(i % kItems);
  }
  return request;
}

class CallTimeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1, [](Config* config) {
      config->threads = 2;
      config->limits.max_queries_per_call = kManyQueries;
    });
    cluster_->StartAll();
    ASSERT_TRUE(
        CreateIndex(cluster_, "items", kDim, v1::METRIC_EUCLIDEAN).ok());
    ASSERT_TRUE(AddRandomItems(cluster_, "items", kDim, 0, kItems).ok());
    ASSERT_TRUE(Build(cluster_, "items").ok());
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  static double InFlight() {
    return cluster_->Metric("annod_in_flight_calls", {});
  }

  static Cluster* cluster_;
};

Cluster* CallTimeTest::cluster_ = nullptr;

// A call under way on a queue of its own.
class RunningCall {
 public:
  RunningCall(Cluster* cluster, grpc::ClientContext* context) {
    reader_ = cluster->index()->AsyncGetNns(context, LongCall(), &queue_);
    reader_->Finish(&response_, &status_, nullptr);
  }
  grpc::Status Await() {
    void* tag;
    bool ok;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return status_;
  }

 private:
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetNnsResponse>> reader_;
  v1::GetNnsResponse response_;
  grpc::Status status_;
};

TEST_F(CallTimeTest, ACancelledCallStopsCosting) {
  const auto context = Context();
  RunningCall call(cluster_, context.get());
  ASSERT_TRUE(Eventually([] { return InFlight() == 1; }));
  context->TryCancel();
  EXPECT_EQ(call.Await().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([] { return InFlight() == 0; }, kSoon));
  EXPECT_TRUE(Eventually([] {
    return cluster_->Metric("annod_rpc_duration_seconds",
                            {{"method", "GetNns"}, {"code", "CANCELLED"}}) > 0;
  }));
}

TEST_F(CallTimeTest, ThePassedDeadlineOfTheCallerEndsTheSearch) {
  // It may be over before the call has come to the search: then again.
  EXPECT_TRUE(Eventually([] {
    const absl::Time deadline = absl::Now() + absl::Seconds(1);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    RunningCall call(cluster_, &context);
    const bool searched =
        Eventually([] { return InFlight() == 1; }, deadline - absl::Now());
    EXPECT_EQ(call.Await().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    EXPECT_TRUE(Eventually([] { return InFlight() == 0; }, kSoon));
    return searched;
  }));
}

TEST_F(CallTimeTest, TheServersMaximumHoldsWithoutADeadline) {
  Config config = cluster_->config();
  config.max_call_time = absl::Milliseconds(200);
  cluster_->SetConfig(config);
  cluster_->SignalWorker(0, SIGHUP);
  v1::GetNnsResponse response;
  grpc::Status status;
  // Until the worker has read its configuration, a call may take longer.
  EXPECT_TRUE(Eventually([&] {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(2)));
    status = cluster_->index()->GetNns(&context, LongCall(), &response);
    return status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
           absl::StrContains(status.error_message(), "max_call_time");
  })) << Describe(status);
  EXPECT_THAT(status.error_message(), HasSubstr("200ms"));
  config.max_call_time = absl::Minutes(1);
  cluster_->SetConfig(config);
  cluster_->SignalWorker(0, SIGHUP);
  EXPECT_TRUE(Eventually([] { return InFlight() == 0; }, kSoon));
}

TEST_F(CallTimeTest, ManyQueriesInACallAreAnsweredAsOneByOne) {
  v1::GetNnsRequest options;
  options.set_index("items");
  options.set_n(5);
  options.set_include_distances(true);
  options.set_include_cost(true);
  v1::GetNnsRequest request = options;
  std::vector<v1::GetNnsResponse> alone;
  int64_t distances = 0;
  for (int i = 0; i < 100; ++i) {
    v1::GetNnsRequest single = options;
    v1::Query* query = single.add_queries();
    const std::vector<float> vector = RandomVector(kDim, 1000000 + i);
    if (i % 3 == 0) {
      query->set_item(7 * i);
    } else if (i % 3 == 1) {
      query->set_vector_bytes(BytesOf(vector));
    } else {
      SetVector(vector, query->mutable_vector());
    }
    *request.add_queries() = *query;
    alone.emplace_back();
    ASSERT_TRUE(GetNns(cluster_, single, &alone.back()).ok());
    distances += alone.back().cost().distance_count();
  }
  v1::GetNnsResponse together;
  ASSERT_TRUE(GetNns(cluster_, request, &together).ok());
  ASSERT_EQ(together.results_size(), 100);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(together.results(i).SerializeAsString(),
              alone[i].results(0).SerializeAsString())
        << i;
  }
  EXPECT_EQ(together.cost().distance_count(), distances);
}

TEST_F(CallTimeTest, TheFirstOfSeveralWrongQueriesIsNamed) {
  for (int round = 0; round < 20; ++round) {
    v1::GetNnsRequest request;
    request.set_index("items");
    for (int i = 0; i < 100; ++i) {
      request.add_queries()->set_item(i >= 30 ? kItems + i : i);
    }
    v1::GetNnsResponse response;
    const grpc::Status status = GetNns(cluster_, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_THAT(status.error_message(), StartsWith("queries[30].item"));
  }
}

}  // namespace
}  // namespace annod
