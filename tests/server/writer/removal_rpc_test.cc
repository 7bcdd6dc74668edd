// Items removed since the last build, as two workers answer while the processes
// are killed and versions come and go.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/staged_rpc_fixture.h"

namespace annod {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using RemovalRpcTest = StagedRpcFixture;

TEST_F(RemovalRpcTest, ARemovedItemIsHiddenFromEveryWorkerAtOnce) {
  AddAndBuild();
  v1::RemoveItemsResponse response;
  ExpectOk(Remove({7, 9, 7, 5000}, {"item-11", "nobody"}, &response));
  EXPECT_EQ(response.removed_count(), 3);
  EXPECT_THAT(response.missing_ids(), ElementsAre(5000));
  EXPECT_THAT(response.missing_labels(), ElementsAre("nobody"));
  for (const int id : {7, 9, 11}) ExpectGone(id);
  for (const auto& stub : stubs_) {
    const v1::IndexInfo info = InfoFrom(stub.get());
    EXPECT_EQ(info.removed_item_count(), 3);
    EXPECT_EQ(info.item_count(), kItems);  // of the version
  }
  // Again: there is nothing to remove.
  ExpectOk(Remove({7}, {"item-11"}, &response));
  EXPECT_EQ(response.removed_count(), 0);
  EXPECT_THAT(response.missing_ids(), ElementsAre(7));
  cluster_.ExpectMetric("annod_items_removed_total", {{"index", "a"}}, 3);
}

TEST_F(RemovalRpcTest, ABuildAppliesRemovalsAndForgetsThem) {
  AddAndBuild();
  ExpectOk(Remove({7, kItems - 1}));
  ExpectOk(Build(&cluster_, "a"));
  for (const int id : {7, kItems - 1}) ExpectGone(id);
  for (const auto& stub : stubs_) {
    const v1::IndexInfo info = InfoFrom(stub.get());
    EXPECT_EQ(info.removed_item_count(), 0);
    EXPECT_EQ(info.staged_item_count(), 0);
    EXPECT_EQ(info.item_count(), kItems - 2);
    EXPECT_EQ(info.next_id(), kItems);  // ids are not used again by themselves
  }
  ExpectOk(AddRandomItems(&cluster_, "a", kDim, 7, 1));
  ExpectOk(Build(&cluster_, "a"));
  for (const auto& stub : stubs_) {
    EXPECT_EQ(Ask(stub.get(), NearItem(7, 1, false)).results(0).ids(0), 7);
  }
}

TEST_F(RemovalRpcTest, AcknowledgedRemovalsSurviveKills) {
  AddAndBuild();
  ExpectOk(Remove({3}));
  cluster_.KillWriter();
  ExpectGone(3);  // without the writer
  cluster_.KillWorker(0);
  cluster_.StartWorker(0);
  EXPECT_TRUE(Eventually(
      [&] { return cluster_.Metric("annod_worker_ready", {}) == 2; }));
  Connect();
  ExpectGone(3);  // a worker that has never spoken with a writer
  cluster_.StartWriter();
  cluster_.KillWorker(1);
  cluster_.StartWorker(1);
  EXPECT_TRUE(Eventually([&] { return Remove({4}).ok(); }));
  EXPECT_TRUE(Eventually(
      [&] { return cluster_.Metric("annod_worker_ready", {}) == 2; }));
  Connect();
  ExpectGone(3);
  ExpectGone(4);
  RestartAll();
  ExpectGone(3);
  ExpectGone(4);
  ExpectOk(Build(&cluster_, "a"));
  RestartAll();
  ExpectGone(3);
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "a", &info));
  EXPECT_EQ(info.item_count(), kItems - 2);
}

TEST_F(RemovalRpcTest, RemovedItemsStayGoneWhileVersionsComeAndGo) {
  AddAndBuild();
  std::atomic<bool> done{false};
  std::thread builder([&] {
    // Each version contains some more removals.
    while (!done) ExpectOk(Build(&cluster_, "a"));
  });
  for (int id = 0; id < 60; ++id) {
    ExpectOk(Remove({id}));
    for (const auto& stub : stubs_) {
      const v1::GetNnsResponse response =
          Ask(stub.get(), NearItem(id, kItems, id % 2 == 0));
      const std::vector<int> ids = IdsOf(response.results(0));
      // Those before are still gone, all others are there.
      EXPECT_EQ(ids.size(), kItems - id - 1)
          << "version " << response.version();
      EXPECT_GT(*std::min_element(ids.begin(), ids.end()), id);
    }
    if (HasFailure()) break;
  }
  done = true;
  builder.join();
  ExpectOk(Build(&cluster_, "a"));
  // What no worker needs any more is not kept.
  const auto files = FileSystem::Posix()->ListDirectory(
      JoinPath(cluster_.config().data_dir, "a/staging"));
  ASSERT_TRUE(files.ok());
  EXPECT_LE(files->size(), 2U) << "PUBLISHED and one segment";
}

TEST_F(RemovalRpcTest, AllRemovedIsAShortAnswerAndNothingToBuild) {
  ExpectOk(AddRandomItems(&cluster_, "a", kDim, 0, 3));
  ExpectOk(Build(&cluster_, "a"));
  ExpectOk(Remove({0, 1, 2}));
  for (const auto& stub : stubs_) {
    const v1::GetNnsResponse response = Ask(stub.get(), NearItem(0, 2, true));
    EXPECT_THAT(response.results(0).ids(), IsEmpty());
    EXPECT_TRUE(response.results(0).truncated());
  }
  EXPECT_EQ(ReasonOf(Build(&cluster_, "a")), "INDEX_EMPTY");
  ExpectOk(Add(3, RandomVector(kDim, 3)));
  ExpectOk(Build(&cluster_, "a"));
  for (const auto& stub : stubs_) {
    EXPECT_THAT(Ask(stub.get(), NearItem(3, 5, false)).results(0).ids(),
                ElementsAre(3));
  }
}

TEST_F(RemovalRpcTest, ARemovedItemDoesNotComeBackWithTheNextOfItsId) {
  AddAndBuild();
  ExpectOk(Remove({3}));
  ExpectOk(Add(3, RandomVector(kDim, 1000), "another"));
  for (const auto& stub : stubs_) {
    EXPECT_THAT(IdsOf(Ask(stub.get(), NearItem(3, kItems, false)).results(0)),
                Not(Contains(3)));
    EXPECT_EQ(Ask(stub.get(), NearItem(1000, 1, true)).results(0).ids(0), 3);
  }
}

TEST_F(RemovalRpcTest, AnOlderVersionHidesWhatWasRemovedSinceTheNewest) {
  AddAndBuild();
  ExpectOk(AddRandomItems(&cluster_, "a", kDim, kItems, 10));
  ExpectOk(Build(&cluster_, "a"));
  ExpectOk(Remove({7}));
  v1::ActivateRequest request;
  request.set_index("a");
  request.set_version(1);
  v1::ActivateResponse response;
  ExpectOk(cluster_.admin()->Activate(Context().get(), request, &response));
  ExpectGone(7);
  RestartAll();
  ExpectGone(7);
  for (const auto& stub : stubs_) {
    EXPECT_EQ(Ask(stub.get(), NearItem(8, 1, false)).version(), 1);
  }
}

TEST_F(RemovalRpcTest, ALabelOfSeveralItemsGivesAndRemovesAllOfThem) {
  v1::UpdateSettingsRequest settings;
  settings.set_index("a");
  settings.set_allow_duplicate_labels(true);
  v1::UpdateSettingsResponse updated;
  ExpectOk(
      cluster_.admin()->UpdateSettings(Context().get(), settings, &updated));
  ExpectOk(Add(2, RandomVector(kDim, 2), "twin"));
  ExpectOk(Add(1, RandomVector(kDim, 1), "other"));
  ExpectOk(Build(&cluster_, "a"));
  ExpectOk(Add(0, RandomVector(kDim, 0), "twin"));
  v1::GetItemsRequest request;
  request.set_index("a");
  request.add_labels("twin");
  request.set_include_staged(true);
  v1::GetItemsResponse got;
  ExpectOk(stubs_[0]->GetItems(Context().get(), request, &got));
  ASSERT_EQ(got.items_size(), 2);
  EXPECT_EQ(got.items(0).id(), 0);
  EXPECT_EQ(got.items(1).id(), 2);
  v1::RemoveItemsResponse response;
  ExpectOk(Remove({}, {"twin"}, &response));
  EXPECT_EQ(response.removed_count(), 2);
  EXPECT_EQ(ReasonOf(stubs_[1]->GetItems(Context().get(), request, &got)),
            "LABEL_NOT_FOUND");
}

TEST_F(RemovalRpcTest, RemovalsAreRefusedWhereNothingCanChange) {
  v1::RemoveItemsRequest request;
  request.set_index("none");
  request.add_ids(1);
  v1::RemoveItemsResponse response;
  EXPECT_EQ(ReasonOf(cluster_.admin()->RemoveItems(Context().get(), request,
                                                   &response)),
            "INDEX_NOT_FOUND");
  // Nothing was ever stored: nothing to remove.
  ExpectOk(Remove({1}, {"x"}, &response));
  EXPECT_EQ(response.removed_count(), 0);
  EXPECT_THAT(response.missing_ids(), ElementsAre(1));
  EXPECT_THAT(response.missing_labels(), ElementsAre("x"));
}

}  // namespace
}  // namespace annod
