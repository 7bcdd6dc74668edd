// What a SIGTERM does to calls: those that wait are ended at once, those under
// way are answered, and clients are sent away before connections close.
#include <signal.h>

#include <atomic>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {
namespace {

constexpr int kDim = 4;
// Nothing below may take so long.
constexpr absl::Duration kTimeout = absl::Minutes(2);
constexpr absl::Duration kSoon = absl::Seconds(20);

class DrainTest : public testing::Test {
 protected:
  DrainTest()
      : cluster_(/*workers=*/1, [](Config* config) {
          config->drain_timeout = kTimeout;
          config->stream_idle_timeout = kTimeout;
        }) {
    cluster_.StartAll();
  }

  void CreateBuilt(const std::string& index) {
    ASSERT_TRUE(CreateIndex(&cluster_, index, kDim, v1::METRIC_EUCLIDEAN).ok());
    ASSERT_TRUE(AddRandomItems(&cluster_, index, kDim, 0, 100).ok());
    ASSERT_TRUE(Build(&cluster_, index).ok());
  }

  void ExpectDraining(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "DRAINING") << Describe(status);
  }

  void ExpectEndsSoon() {
    const absl::Time start = absl::Now();
    EXPECT_EQ(cluster_.AwaitWorkerExit(0), 0);
    EXPECT_LT(absl::Now() - start, kSoon);
  }

  Cluster cluster_;
};

TEST_F(DrainTest, StreamsThatWaitAreEndedAtOnce) {
  CreateBuilt("a");
  CreateBuilt("b");
  const auto add_context = Context();
  v1::AddItemsResponse added;
  const auto add = cluster_.admin()->AddItems(add_context.get(), &added);
  v1::AddItemsRequest items;
  items.set_index("a");
  SetVector(RandomVector(kDim, 1), items.add_items()->mutable_vector());
  ASSERT_TRUE(add->Write(items));
  ASSERT_TRUE(add->Write(items));
  FitStream fit(&cluster_, "b");
  ASSERT_TRUE(fit.Send(RandomVector(kDim, 1)));
  const auto query_context = Context();
  const auto queries = cluster_.index()->GetNnsStream(query_context.get());
  v1::GetNnsStreamRequest query;
  *query.mutable_request() = ItemQuery("a", 1, 1);
  ASSERT_TRUE(queries->Write(query));
  v1::GetNnsStreamResponse answer;
  ASSERT_TRUE(queries->Read(&answer));
  const auto watch_context = Context();
  const auto watch = cluster_.health()->Watch(watch_context.get(), {});
  grpc::health::v1::HealthCheckResponse health;
  ASSERT_TRUE(watch->Read(&health));

  cluster_.SignalWorker(0, SIGTERM);
  const grpc::Status stored = add->Finish();
  ExpectDraining(stored);
  EXPECT_EQ(ErrorInfoOf(stored).metadata().at("added_count"), "2");
  ExpectDraining(fit.Finish());
  EXPECT_FALSE(queries->Read(&answer));
  ExpectDraining(queries->Finish());
  while (watch->Read(&health)) {
  }
  ExpectDraining(watch->Finish());
  ExpectEndsSoon();

  cluster_.StartWorker(0);
  cluster_.AwaitServing();
  v1::IndexInfo info;
  ASSERT_TRUE(Info(&cluster_, "a", &info).ok());
  EXPECT_EQ(info.staged_item_count(), 2);
  ASSERT_TRUE(Info(&cluster_, "b", &info).ok());
  EXPECT_EQ(info.item_count(), 100);
}

TEST_F(DrainTest, WhoWaitsForABuildIsSentAwayAndTheBuildGoesOn) {
  ASSERT_TRUE(CreateIndex(&cluster_, "a", 16, v1::METRIC_EUCLIDEAN).ok());
  ASSERT_TRUE(AddRandomItems(&cluster_, "a", 16, 0, 1000).ok());
  const auto context = Context();
  v1::BuildRequest request;
  request.set_index("a");
  request.set_tree_count(10000);
  request.set_thread_count(1);
  const auto reader = cluster_.admin()->Build(context.get(), request);
  v1::BuildResponse response;
  do {
    ASSERT_TRUE(reader->Read(&response));
  } while (response.progress().phase() != v1::BUILD_PHASE_TREES);
  cluster_.SignalWorker(0, SIGTERM);
  while (reader->Read(&response)) {
  }
  ExpectDraining(reader->Finish());
  ExpectEndsSoon();

  cluster_.StartWorker(0);
  cluster_.AwaitServing();
  cluster_.AwaitWriter();
  v1::IndexInfo info;
  ASSERT_TRUE(Info(&cluster_, "a", &info).ok());
  EXPECT_TRUE(info.has_build());
  // Leaves nothing to wait for.
  v1::CancelBuildRequest cancel;
  cancel.set_index("a");
  v1::CancelBuildResponse cancelled;
  EXPECT_TRUE(
      cluster_.admin()->CancelBuild(Context().get(), cancel, &cancelled).ok());
}

// A client without retries of its own, that waits for a server: gRPC tells it
// to go, and it comes back to the next one.
TEST_F(DrainTest, LosesNoCallOfABusyConnection) {
  CreateBuilt("a");
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto stub = cluster_.NewIndexStub();
      while (!stop.load()) {
        const auto context = Context();
        context->set_wait_for_ready(true);
        v1::GetNnsResponse response;
        const grpc::Status status =
            stub->GetNns(context.get(), ItemQuery("a", 1, 1), &response);
        EXPECT_TRUE(status.ok()) << Describe(status);
        ++calls;
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    const int before = calls.load();
    EXPECT_TRUE(Eventually([&] { return calls.load() > before + 100; }));
    cluster_.SignalWorker(0, SIGTERM);
    ExpectEndsSoon();
    cluster_.StartWorker(0);
  }
  stop.store(true);
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace annod
