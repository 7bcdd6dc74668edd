// Health as probers and load balancers see it, draining included.
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kWordsService[] = "annod.v1.IndexService/words";

class HealthTest : public testing::Test {
 protected:
  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  static void BuildWords(Cluster* cluster) {
    ExpectOk(AddRandomItems(cluster, "words", 4, 0, 10));
    ExpectOk(Build(cluster, "words"));
  }

  // The state of a service; -1 if the answer is NOT_FOUND.
  static int Check(Cluster* cluster, const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status =
        cluster->health()->Check(Context().get(), request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) return -1;
    ExpectOk(status);
    return response.status();
  }
};

TEST_F(HealthTest, CheckTellsTheStateOfEachService) {
  Cluster cluster(/*workers=*/1);
  cluster.StartAll();
  EXPECT_EQ(Check(&cluster, ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check(&cluster, "annod.v1.IndexService"),
            HealthCheckResponse::SERVING);
  EXPECT_EQ(Check(&cluster, "annod.v1.AdminService"),
            HealthCheckResponse::SERVING);
  EXPECT_EQ(Check(&cluster, "annod.v1.NoService"), -1);
  EXPECT_EQ(Check(&cluster, kWordsService), -1);
  ExpectOk(CreateIndex(&cluster, "words", 4, v1::METRIC_ANGULAR));
  EXPECT_EQ(Check(&cluster, kWordsService), HealthCheckResponse::NOT_SERVING);
  BuildWords(&cluster);
  EXPECT_EQ(Check(&cluster, kWordsService), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, WatchFollowsAnIndexThroughItsLife) {
  Cluster cluster(/*workers=*/1);
  cluster.StartAll();
  const auto context = Context();
  HealthCheckRequest request;
  request.set_service(kWordsService);
  const auto watch = cluster.health()->Watch(context.get(), request);
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  ExpectOk(CreateIndex(&cluster, "words", 4, v1::METRIC_ANGULAR));
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  BuildWords(&cluster);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  v1::DropIndexRequest drop;
  drop.set_index("words");
  v1::DropIndexResponse dropped;
  ExpectOk(cluster.admin()->DropIndex(Context().get(), drop, &dropped));
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  context->TryCancel();
  while (watch->Read(&response)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(HealthTest, AConnectionHasABoundedNumberOfWatches) {
  constexpr int kMost = 100;
  Cluster cluster(/*workers=*/1);
  cluster.StartAll();
  struct Watch {
    explicit Watch(grpc::health::v1::Health::Stub* stub)
        : reader(stub->Watch(context.get(), {})) {}
    ~Watch() { context->TryCancel(); }
    // Whether it was taken on.
    bool Began() {
      HealthCheckResponse response;
      return reader->Read(&response);
    }
    std::unique_ptr<grpc::ClientContext> context = Context();
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader;
  };
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < kMost; ++i) {
    watches.push_back(std::make_unique<Watch>(cluster.health()));
    ASSERT_TRUE(watches.back()->Began());
  }
  Watch beyond(cluster.health());
  EXPECT_FALSE(beyond.Began());
  const grpc::Status status = beyond.reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "LIMIT_REACHED");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("limit"), "100");
  EXPECT_EQ(status.error_message(),
            "this connection has 100 calls of Watch, the most there may be");
  const auto other = grpc::health::v1::Health::NewStub(cluster.NewChannel());
  EXPECT_TRUE(Watch(other.get()).Began());
  // What ends makes room.
  watches.pop_back();
  EXPECT_TRUE(Eventually([&] { return Watch(cluster.health()).Began(); }));
}

TEST_F(HealthTest, ARequiredIndexMakesTheProcessUnready) {
  Cluster cluster(/*workers=*/1);
  cluster.StartAll();
  Config config = cluster.config();
  config.required_indexes = {"words"};
  cluster.SetConfig(config);
  cluster.SignalWorker(0, SIGHUP);
  EXPECT_TRUE(Eventually(
      [&] { return Check(&cluster, "") == HealthCheckResponse::NOT_SERVING; }));
  ExpectOk(CreateIndex(&cluster, "words", 4, v1::METRIC_ANGULAR));
  EXPECT_EQ(Check(&cluster, ""), HealthCheckResponse::NOT_SERVING);
  BuildWords(&cluster);
  EXPECT_EQ(Check(&cluster, ""), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, DrainingTellsWatchersAndServesOnUntilItsDelayIsOver) {
  Cluster cluster(/*workers=*/1, [](Config* config) {
    config->drain_delay = absl::Seconds(3);
  });
  cluster.StartAll();
  ExpectOk(CreateIndex(&cluster, "words", 4, v1::METRIC_ANGULAR));
  BuildWords(&cluster);
  const auto context = Context();
  const auto watch = cluster.health()->Watch(context.get(), {});
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  const absl::Time start = absl::Now();
  cluster.SignalWorker(0, SIGTERM);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  v1::GetNnsResponse nearest;
  ExpectOk(GetNns(&cluster, ItemQuery("words", 1, 1), &nearest));
  EXPECT_EQ(cluster.AwaitWorkerExit(0), 0);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(2900));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthTest, ASecondSigtermEndsTheDrainDelay) {
  Cluster cluster(/*workers=*/1, [](Config* config) {
    config->drain_delay = absl::Seconds(60);
  });
  cluster.StartAll();
  cluster.SignalWorker(0, SIGTERM);
  EXPECT_TRUE(Eventually(
      [&] { return Check(&cluster, "") == HealthCheckResponse::NOT_SERVING; }));
  cluster.SignalWorker(0, SIGTERM);
  EXPECT_EQ(cluster.AwaitWorkerExit(0), 0);
}

TEST_F(HealthTest, TheWriterEndsBuildsAndExits) {
  Cluster cluster(/*workers=*/1);
  cluster.StartAll();
  ExpectOk(CreateIndex(&cluster, "words", 16, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(&cluster, "words", 16, 0, 1000));
  const auto context = Context();
  v1::BuildRequest request;
  request.set_index("words");
  request.set_tree_count(10000);
  request.set_thread_count(1);
  const auto reader = cluster.admin()->Build(context.get(), request);
  v1::BuildResponse response;
  do {
    ASSERT_TRUE(reader->Read(&response));
  } while (response.progress().phase() != v1::BUILD_PHASE_TREES);
  cluster.SignalWriter(SIGTERM);
  while (reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "DRAINING") << Describe(status);
  EXPECT_EQ(cluster.AwaitWriterExit(), 0);
}

}  // namespace
}  // namespace annod
