// Builds as callers see them: progress, joining, surviving the caller, items
// that arrive meanwhile, and a writer that dies.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kBuildDim = 16;

class BuildRpcTest : public testing::Test {
 protected:
  BuildRpcTest() : cluster_(/*workers=*/2) {
    cluster_.StartAll();
    ExpectOk(CreateIndex(&cluster_, "words", kBuildDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, "words", kBuildDim, 0, 1000));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  // So many trees that the build lasts until it is cancelled or waited for.
  static v1::BuildRequest LongBuild(int trees) {
    v1::BuildRequest request;
    request.set_index("words");
    request.set_tree_count(trees);
    request.set_thread_count(1);
    return request;
  }

  v1::IndexInfo InfoOf(const std::string& index) {
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, index, &info));
    return info;
  }

  Cluster cluster_;
};

TEST_F(BuildRpcTest, ProgressNeverFallsAndEndsWithTheResult) {
  std::vector<v1::BuildResponse> responses;
  ExpectOk(Build(&cluster_, LongBuild(500), &responses));
  ASSERT_GE(responses.size(), 2u);
  double fraction = 0;
  int phase = 0;
  for (const v1::BuildResponse& response : responses) {
    EXPECT_GE(response.progress().fraction_done(), fraction);
    EXPECT_GE(response.progress().phase(), phase);
    fraction = response.progress().fraction_done();
    phase = response.progress().phase();
    EXPECT_EQ(response.has_result(), &response == &responses.back());
  }
  EXPECT_EQ(fraction, 1);
  EXPECT_EQ(phase, v1::BUILD_PHASE_DONE);
  const v1::BuildResult& result = responses.back().result();
  EXPECT_EQ(result.version(), 1);
  EXPECT_EQ(result.item_count(), 1000);
  EXPECT_EQ(result.tree_count(), 500);
  EXPECT_GT(result.forest_bytes(), 0);
  const v1::IndexInfo info = InfoOf("words");
  EXPECT_EQ(info.tree_count(), 500);
  EXPECT_EQ(info.forest_bytes(), result.forest_bytes());
  EXPECT_EQ(info.label_count(), 1000);
  EXPECT_EQ(info.layout(), "minkowski-16");
}

TEST_F(BuildRpcTest, EveryWorkerServesTheVersionWhenBuildReturns) {
  for (int version = 1; version <= 5; ++version) {
    const int id = 1000 + version;
    ExpectOk(AddRandomItems(&cluster_, "words", kBuildDim, id, 1));
    ExpectOk(Build(&cluster_, "words"));
    // Each connection meets one of the workers.
    for (int i = 0; i < 6; ++i) {
      v1::GetNnsResponse response;
      ExpectOk(cluster_.NewIndexStub()->GetNns(
          Context().get(), ItemQuery("words", id, 1), &response));
      EXPECT_EQ(response.version(), version);
    }
  }
}

TEST_F(BuildRpcTest, ABuildGoesOnWithoutItsCallerAndCanBeJoined) {
  const v1::BuildRequest request = LongBuild(4000);
  {
    const auto context = Context();
    const auto reader = cluster_.admin()->Build(context.get(), request);
    v1::BuildResponse response;
    ASSERT_TRUE(reader->Read(&response));
    context->TryCancel();
    while (reader->Read(&response)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Eventually([&] { return InfoOf("words").has_build(); }));
  // Other parameters are refused while it runs.
  const grpc::Status other = Build(&cluster_, LongBuild(4001), nullptr);
  EXPECT_EQ(other.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(other).reason(), "BUILD_RUNNING") << Describe(other);
  // Equal ones join: there is one version afterwards, not two.
  std::vector<v1::BuildResponse> responses;
  ExpectOk(Build(&cluster_, request, &responses));
  EXPECT_EQ(responses.back().result().version(), 1);
  EXPECT_EQ(InfoOf("words").version(), 1);
  EXPECT_TRUE(Eventually([&] { return !InfoOf("words").has_build(); }));
}

TEST_F(BuildRpcTest, ItemsAddedDuringABuildWaitForTheNext) {
  std::thread build(
      [&] { ExpectOk(Build(&cluster_, LongBuild(2000), nullptr)); });
  EXPECT_TRUE(Eventually([&] {
    return InfoOf("words").build().phase() == v1::BUILD_PHASE_TREES;
  }));
  ExpectOk(AddRandomItems(&cluster_, "words", kBuildDim, 1000, 10));
  build.join();
  EXPECT_TRUE(
      Eventually([&] { return InfoOf("words").staged_item_count() == 10; }));
  EXPECT_EQ(InfoOf("words").item_count(), 1000);
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_EQ(InfoOf("words").item_count(), 1010);
  EXPECT_TRUE(
      Eventually([&] { return InfoOf("words").staged_item_count() == 0; }));
}

TEST_F(BuildRpcTest, BuildsOfTwoIndexesTakeTurns) {
  ExpectOk(CreateIndex(&cluster_, "other", kBuildDim, v1::METRIC_ANGULAR));
  ExpectOk(AddRandomItems(&cluster_, "other", kBuildDim, 0, 10));
  std::thread build(
      [&] { ExpectOk(Build(&cluster_, LongBuild(2000), nullptr)); });
  EXPECT_TRUE(Eventually([&] { return InfoOf("words").has_build(); }));
  v1::BuildRequest request;
  request.set_index("other");
  std::vector<v1::BuildResponse> responses;
  ExpectOk(Build(&cluster_, request, &responses));
  EXPECT_EQ(responses.front().progress().phase(), v1::BUILD_PHASE_QUEUED);
  build.join();
  EXPECT_EQ(InfoOf("words").version(), 1);
}

TEST_F(BuildRpcTest, DroppingAnIndexEndsItsBuild) {
  grpc::Status status;
  std::thread build(
      [&] { status = Build(&cluster_, LongBuild(10000), nullptr); });
  EXPECT_TRUE(Eventually([&] { return InfoOf("words").has_build(); }));
  v1::DropIndexRequest request;
  request.set_index("words");
  v1::DropIndexResponse response;
  ExpectOk(cluster_.admin()->DropIndex(Context().get(), request, &response));
  build.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_DROPPED") << Describe(status);
}

TEST_F(BuildRpcTest, AKilledWriterLosesNothingAcknowledged) {
  ExpectOk(Build(&cluster_, "words"));
  ExpectOk(AddRandomItems(&cluster_, "words", kBuildDim, 1000, 100));
  cluster_.KillWriter();
  // Queries go on, changes say why they do not.
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&cluster_, ItemQuery("words", 5, 3), &response));
  const grpc::Status status =
      AddRandomItems(&cluster_, "words", kBuildDim, 1100, 1);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "WRITER_UNAVAILABLE")
      << Describe(status);
  // A call made while the writer restarts waits for it.
  std::thread add([&] {
    ExpectOk(AddRandomItems(&cluster_, "words", kBuildDim, 1100, 1));
  });
  cluster_.StartWriter();
  add.join();
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_EQ(InfoOf("words").item_count(), 1101);
}

TEST_F(BuildRpcTest, AWriterKilledWhileBuildingPublishesNothingHalf) {
  grpc::Status status;
  std::thread build(
      [&] { status = Build(&cluster_, LongBuild(10000), nullptr); });
  EXPECT_TRUE(Eventually([&] {
    return InfoOf("words").build().phase() == v1::BUILD_PHASE_TREES;
  }));
  cluster_.KillWriter();
  build.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
      << Describe(status);
  cluster_.StartWriter();
  cluster_.AwaitWriter();
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_EQ(InfoOf("words").item_count(), 1000);
  EXPECT_EQ(InfoOf("words").version(), 1);
}

TEST_F(BuildRpcTest, AWorkerServesWithoutAWriter) {
  ExpectOk(Build(&cluster_, "words"));
  cluster_.KillWriter();
  cluster_.KillWorker(0);
  cluster_.KillWorker(1);
  cluster_.StartWorker(0);
  cluster_.AwaitServing();
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&cluster_, ItemQuery("words", 5, 3), &response));
  EXPECT_EQ(response.results(0).ids(0), 5);
}

TEST_F(BuildRpcTest, AKilledWorkerDoesNotHoldUpTheOthers) {
  cluster_.KillWorker(1);
  cluster_.AwaitServing();  // over a new connection, if that was the old one
  const absl::Time start = absl::Now();
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&cluster_, ItemQuery("words", 5, 3), &response));
  EXPECT_EQ(response.version(), 1);
}

}  // namespace
}  // namespace annod
