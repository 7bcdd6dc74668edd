// Whatever ends a Fit before its version is published, the index is as it was;
// and what was acknowledged meanwhile is there.
#include <dirent.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kDim = 8;

// An index "words" of 100 items in version 1 and ten more staged.
class FitFailureTest : public testing::Test {
 protected:
  FitFailureTest() : cluster_(/*workers=*/1) {
    cluster_.StartAll();
    ExpectOk(CreateIndex(&cluster_, "words", kDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, "words", kDim, 0, 100));
    ExpectOk(Build(&cluster_, "words"));
    ExpectOk(AddRandomItems(&cluster_, "words", kDim, 100, 10));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  v1::IndexInfo InfoNow() {
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, "words", &info));
    return info;
  }

  // The old version serves, nothing staged was lost, no file is left behind.
  void ExpectAsBefore() {
    EXPECT_TRUE(Eventually([&] { return !InfoNow().has_build(); }));
    EXPECT_TRUE(
        Eventually([&] { return InfoNow().staged_item_count() == 10; }));
    EXPECT_EQ(InfoNow().version(), 1);
    EXPECT_EQ(InfoNow().item_count(), 100);
    v1::GetNnsResponse response;
    ExpectOk(GetNns(&cluster_, ItemQuery("words", 50, 1), &response));
    EXPECT_TRUE(Eventually([&] { return Leftovers().empty(); }))
        << Leftovers()[0];
    ExpectOk(Build(&cluster_, "words"));
    EXPECT_EQ(InfoNow().item_count(), 110);
  }

  std::vector<std::string> Leftovers() const {
    std::vector<std::string> found;
    for (const std::string& path :
         {cluster_.config().data_dir, cluster_.config().data_dir + "/words",
          cluster_.config().data_dir + "/words/versions"}) {
      DIR* const directory = opendir(path.c_str());
      while (const dirent* const entry = readdir(directory)) {
        if (absl::StrContains(entry->d_name, "tmp-") ||
            absl::StartsWith(entry->d_name, ".create-")) {
          found.push_back(absl::StrCat(path, "/", entry->d_name));
        }
      }
      closedir(directory);
    }
    return found;
  }

  // Builds for so long that something can happen meanwhile.
  static v1::FitOptions LongBuild() {
    v1::FitOptions options;
    options.mutable_build()->set_tree_count(10000);
    options.mutable_build()->set_thread_count(1);
    return options;
  }
  static std::vector<v1::FitRow> RandomRows(int count) {
    std::vector<v1::FitRow> rows;
    rows.reserve(count);
    for (int i = 0; i < count; ++i) {
      rows.push_back(DenseRow(RandomVector(kDim, 5000 + i)));
    }
    return rows;
  }
  // Waits until rows are being spooled.
  void AwaitStream() {
    EXPECT_TRUE(Eventually([&] { return !Leftovers().empty(); }));
    EXPECT_TRUE(Eventually([&] { return InfoNow().has_build(); }));
  }
  void AwaitTrees() {
    EXPECT_TRUE(Eventually(
        [&] { return InfoNow().build().phase() == v1::BUILD_PHASE_TREES; }));
  }

  Cluster cluster_;
};

TEST_F(FitFailureTest, ABadRowChangesNothing) {
  std::vector<v1::FitRow> rows = RandomRows(1000);
  rows.push_back(DenseRow({1}));
  EXPECT_EQ(Fit(&cluster_, "words", rows).error_code(),
            StatusCode::INVALID_ARGUMENT);
  ExpectAsBefore();
}

TEST_F(FitFailureTest, ACancelledStreamChangesNothing) {
  FitStream stream(&cluster_, "words");
  for (const v1::FitRow& row : RandomRows(50)) EXPECT_TRUE(stream.Send(row));
  AwaitStream();
  stream.Cancel();
  EXPECT_EQ(stream.Finish().error_code(), StatusCode::CANCELLED);
  ExpectAsBefore();
}

TEST_F(FitFailureTest, ACallerThatLeavesDuringTheBuildChangesNothing) {
  FitStream stream(&cluster_, "words", LongBuild());
  for (const v1::FitRow& row : RandomRows(1000)) stream.Send(row);
  std::thread leave([&] {
    AwaitTrees();
    stream.Cancel();
  });
  EXPECT_EQ(stream.Finish(1000).error_code(), StatusCode::CANCELLED);
  leave.join();
  ExpectAsBefore();
}

TEST_F(FitFailureTest, ACallersDeadlineIsCountedAsOne) {
  v1::FitRequest request;
  request.set_index("words");
  *request.mutable_options() = LongBuild();
  for (const v1::FitRow& row : RandomRows(1000)) *request.add_rows() = row;
  request.set_row_count(1000);
  grpc::ClientContext context;
  v1::FitResponse response;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(1));
  const auto writer = cluster_.admin()->Fit(&context, &response);
  writer->Write(request);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), StatusCode::DEADLINE_EXCEEDED);
  cluster_.ExpectMetric("annod_rpc_duration_seconds",
                        {{"method", "Fit"}, {"code", "DEADLINE_EXCEEDED"}}, 1);
  ExpectAsBefore();
}

TEST_F(FitFailureTest, AWriterKilledDuringTheStreamChangesNothing) {
  FitStream stream(&cluster_, "words");
  for (const v1::FitRow& row : RandomRows(50)) EXPECT_TRUE(stream.Send(row));
  AwaitStream();
  cluster_.KillWriter();
  EXPECT_EQ(stream.Finish().error_code(), StatusCode::UNAVAILABLE);
  cluster_.StartWriter();
  cluster_.AwaitWriter();
  ExpectAsBefore();
}

TEST_F(FitFailureTest, AWriterKilledDuringTheBuildChangesNothing) {
  grpc::Status status;
  std::thread fit(
      [&] { status = Fit(&cluster_, "words", RandomRows(1000), LongBuild()); });
  AwaitTrees();
  cluster_.KillWriter();
  fit.join();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE) << Describe(status);
  cluster_.StartWriter();
  cluster_.AwaitWriter();
  ExpectAsBefore();
}

TEST_F(FitFailureTest, AWriterKilledWhileAnIndexIsMadeLeavesNone) {
  v1::FitOptions options = LongBuild();
  options.mutable_create()->set_metric(v1::METRIC_ANGULAR);
  grpc::Status status;
  std::thread fit(
      [&] { status = Fit(&cluster_, "new", RandomRows(1000), options); });
  EXPECT_TRUE(Eventually([&] {
    for (const std::string& path : Leftovers()) {
      if (absl::StrContains(path, ".create-")) return true;
    }
    return false;
  }));
  cluster_.KillWriter();
  fit.join();
  EXPECT_FALSE(status.ok());
  cluster_.StartWriter();
  cluster_.AwaitWriter();
  ExpectAsBefore();
  v1::IndexInfo info;
  EXPECT_EQ(Info(&cluster_, "new", &info).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(FitFailureTest, WhatAFitReplacedDoesNotComeBackAfterARestart) {
  ExpectOk(Fit(&cluster_, "words", RandomRows(5)));
  cluster_.RestartWriter();
  EXPECT_TRUE(Eventually([&] { return InfoNow().staged_item_count() == 0; }));
  ExpectOk(AddRandomItems(&cluster_, "words", kDim, 5, 1));
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_EQ(InfoNow().item_count(), 6);
}

TEST_F(FitFailureTest, ItemsAddedDuringAFitStayStaged) {
  FitStream stream(&cluster_, "words");
  for (const v1::FitRow& row : RandomRows(3)) EXPECT_TRUE(stream.Send(row));
  AwaitStream();
  ExpectOk(AddRandomItems(&cluster_, "words", kDim, 200, 2));
  // A build now would mix them with what is about to be replaced.
  const grpc::Status build = Build(&cluster_, "words");
  EXPECT_EQ(build.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(build).reason(), "BUILD_RUNNING") << Describe(build);
  const grpc::Status fit = Fit(&cluster_, "words", RandomRows(1));
  EXPECT_EQ(ErrorInfoOf(fit).reason(), "BUILD_RUNNING") << Describe(fit);
  ExpectOk(stream.Finish(3));
  EXPECT_EQ(InfoNow().item_count(), 3);
  EXPECT_TRUE(Eventually([&] { return InfoNow().staged_item_count() == 2; }));
  cluster_.RestartWriter();
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_EQ(InfoNow().item_count(), 5);
}

TEST_F(FitFailureTest, ALabelClaimedMeanwhileBelongsToTheLaterItem) {
  FitStream stream(&cluster_, "words");
  EXPECT_TRUE(stream.Send(RandomVector(kDim, 1), "item-200"));
  EXPECT_TRUE(stream.Send(RandomVector(kDim, 2), "other"));
  AwaitStream();
  ExpectOk(AddRandomItems(&cluster_, "words", kDim, 200, 1));
  ExpectOk(stream.Finish(2));
  ExpectOk(Build(&cluster_, "words"));
  EXPECT_EQ(InfoNow().item_count(), 3);
  EXPECT_EQ(InfoNow().label_count(), 2);
  v1::GetNnsRequest request;
  request.set_index("words");
  request.set_n(1);
  request.add_queries()->set_label("item-200");
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&cluster_, request, &response));
  EXPECT_EQ(response.results(0).ids(0), 200);
}

TEST_F(FitFailureTest, DroppingTheIndexEndsAFit) {
  FitStream stream(&cluster_, "words");
  EXPECT_TRUE(stream.Send(RandomVector(kDim, 1)));
  AwaitStream();
  v1::DropIndexRequest request;
  request.set_index("words");
  v1::DropIndexResponse response;
  ExpectOk(cluster_.admin()->DropIndex(Context().get(), request, &response));
  EXPECT_FALSE(stream.Finish().ok());
  v1::IndexInfo info;
  EXPECT_EQ(Info(&cluster_, "words", &info).error_code(),
            StatusCode::NOT_FOUND);
}

TEST_F(FitFailureTest, AFitWaitsForItsTurn) {
  ExpectOk(CreateIndex(&cluster_, "other", kDim, v1::METRIC_ANGULAR));
  ExpectOk(AddRandomItems(&cluster_, "other", kDim, 0, 1000));
  v1::BuildRequest request;
  request.set_index("other");
  request.set_tree_count(3000);
  request.set_thread_count(1);
  std::thread build([&] { ExpectOk(Build(&cluster_, request, nullptr)); });
  EXPECT_TRUE(Eventually([&] {
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, "other", &info));
    return info.build().phase() == v1::BUILD_PHASE_TREES;
  }));
  ExpectOk(Fit(&cluster_, "words", RandomRows(3)));
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "other", &info));
  EXPECT_EQ(info.version(), 1);  // it was first
  build.join();
}

}  // namespace
}  // namespace annod
