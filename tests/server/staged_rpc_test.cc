// Items removed and items stored since the last build, as two workers answer
// while the processes are killed and versions come and go.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kDim = 8;
constexpr int kItems = 300;
// With so many connections, both workers have some.
constexpr int kConnections = 12;

std::vector<int> IdsOf(const v1::NeighborList& list) {
  return {list.ids().begin(), list.ids().end()};
}

class StagedRpcTest : public testing::Test {
 protected:
  StagedRpcTest() : cluster_(/*workers=*/2) {
    cluster_.StartAll();
    Connect();
    ExpectOk(CreateIndex(&cluster_, "a", kDim, v1::METRIC_EUCLIDEAN));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  // Again after a worker was killed: its connections are broken.
  void Connect() {
    stubs_.clear();
    for (int i = 0; i < kConnections; ++i) {
      stubs_.push_back(cluster_.NewIndexStub());
    }
  }

  void AddAndBuild() {
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, 0, kItems));
    ExpectOk(Build(&cluster_, "a"));
  }

  grpc::Status Remove(const std::vector<int>& ids,
                      const std::vector<std::string>& labels = {},
                      v1::RemoveItemsResponse* response = nullptr) {
    v1::RemoveItemsRequest request;
    request.set_index("a");
    request.mutable_ids()->Add(ids.begin(), ids.end());
    for (const std::string& label : labels) request.add_labels(label);
    v1::RemoveItemsResponse own;
    return cluster_.admin()->RemoveItems(Context().get(), request,
                                         response == nullptr ? &own : response);
  }

  grpc::Status Add(int id, const std::vector<float>& vector,
                   const std::string& label = "") {
    v1::AddItemRequest request;
    request.set_index("a");
    v1::Item* item = request.add_items();
    item->set_id(id);
    item->set_label(label);
    SetVector(vector, item->mutable_vector());
    v1::AddItemResponse response;
    return cluster_.admin()->AddItem(Context().get(), request, &response);
  }

  // The neighbours of item `seed`'s vector.
  static v1::GetNnsRequest NearItem(uint64_t seed, int n, bool include_staged) {
    v1::GetNnsRequest request;
    request.set_index("a");
    SetVector(RandomVector(kDim, seed),
              request.add_queries()->mutable_vector());
    request.set_n(n);
    request.set_include_staged(include_staged);
    return request;
  }

  static v1::GetNnsResponse Ask(v1::IndexService::Stub* stub,
                                const v1::GetNnsRequest& request) {
    v1::GetNnsResponse response;
    const auto context = Context();
    context->set_wait_for_ready(true);
    ExpectOk(stub->GetNns(context.get(), request, &response));
    if (response.results().empty()) response.add_results();
    return response;
  }

  static std::string ReasonOf(const grpc::Status& status) {
    return ErrorInfoOf(status).reason();
  }

  // No call to either worker finds the item, whatever it asks.
  void ExpectGone(int id) {
    for (const auto& stub : stubs_) {
      for (const bool include_staged : {false, true}) {
        for (const v1::Engine engine : {v1::ENGINE_FOREST, v1::ENGINE_EXACT}) {
          v1::GetNnsRequest request = NearItem(id, 20, include_staged);
          request.set_engine(engine);
          request.set_search_k(10000);
          const v1::GetNnsResponse response = Ask(stub.get(), request);
          EXPECT_THAT(IdsOf(response.results(0)), Not(Contains(id)));
          EXPECT_EQ(response.results(0).ids_size(), 20);
        }
        v1::GetItemsRequest items;
        items.set_index("a");
        items.add_ids(id);
        items.set_include_staged(include_staged);
        v1::GetItemsResponse got;
        EXPECT_EQ(ReasonOf(stub->GetItems(Context().get(), items, &got)),
                  "ITEM_NOT_FOUND");
        v1::GetNnsRequest by_label = NearItem(id, 3, include_staged);
        by_label.mutable_queries(0)->set_label(absl::StrCat("item-", id));
        v1::GetNnsResponse near;
        EXPECT_EQ(ReasonOf(stub->GetNns(Context().get(), by_label, &near)),
                  "LABEL_NOT_FOUND");
        v1::GetDistanceRequest distance;
        distance.set_index("a");
        distance.set_i(0);
        distance.set_j(id);
        distance.set_include_staged(include_staged);
        v1::GetDistanceResponse far;
        EXPECT_EQ(ReasonOf(stub->GetDistance(Context().get(), distance, &far)),
                  "ITEM_NOT_FOUND");
      }
    }
  }

  v1::IndexInfo InfoFrom(v1::IndexService::Stub* stub) {
    v1::InfoRequest request;
    request.set_index("a");
    v1::InfoResponse response;
    ExpectOk(stub->Info(Context().get(), request, &response));
    return response.info();
  }

  void RestartAll() {
    cluster_.KillWriter();
    cluster_.KillWorker(0);
    cluster_.KillWorker(1);
    cluster_.StartAll();
    Connect();
  }

  Cluster cluster_;
  std::vector<std::unique_ptr<v1::IndexService::Stub>> stubs_;
};

TEST_F(StagedRpcTest, ARemovedItemIsHiddenFromEveryWorkerAtOnce) {
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
  EXPECT_EQ(cluster_.Metric("annod_items_removed_total", {{"index", "a"}}), 3);
}

TEST_F(StagedRpcTest, ABuildAppliesRemovalsAndForgetsThem) {
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

TEST_F(StagedRpcTest, AcknowledgedRemovalsSurviveKills) {
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

TEST_F(StagedRpcTest, RemovedItemsStayGoneWhileVersionsComeAndGo) {
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

TEST_F(StagedRpcTest, AllRemovedIsAShortAnswerAndNothingToBuild) {
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

TEST_F(StagedRpcTest, StagedItemsAreFoundBeforeTheFirstBuild) {
  ExpectOk(AddRandomItems(&cluster_, "a", kDim, 0, 40));
  ExpectOk(Remove({5}));
  for (const auto& stub : stubs_) {
    v1::GetNnsResponse none;
    EXPECT_EQ(
        ReasonOf(stub->GetNns(Context().get(), NearItem(6, 3, false), &none)),
        "INDEX_NOT_BUILT");
    const v1::GetNnsResponse response = Ask(stub.get(), NearItem(6, 40, true));
    EXPECT_EQ(response.version(), 0);
    ASSERT_EQ(response.results(0).ids_size(), 39);
    EXPECT_EQ(response.results(0).ids(0), 6);
    v1::GetItemsRequest items;
    items.set_index("a");
    items.add_ids(6);
    items.add_labels("item-8");
    items.set_include_staged(true);
    v1::GetItemsResponse got;
    ExpectOk(stub->GetItems(Context().get(), items, &got));
    ASSERT_EQ(got.items_size(), 2);
    EXPECT_EQ(got.items(0).vector_bytes(), BytesOf(RandomVector(kDim, 6)));
    EXPECT_EQ(got.items(1).id(), 8);
    EXPECT_EQ(InfoFrom(stub.get()).staged_item_count(), 39);
  }
}

TEST_F(StagedRpcTest, AnUpdateAnswersWithItsNewVectorOnlyWhenAsked) {
  AddAndBuild();
  // Item 3 moves to where item 1000 would be, with another label.
  ExpectOk(Add(3, RandomVector(kDim, 1000), "moved"));
  for (const auto& stub : stubs_) {
    EXPECT_EQ(Ask(stub.get(), NearItem(3, 1, false)).results(0).ids(0), 3);
    EXPECT_NE(Ask(stub.get(), NearItem(3, 1, true)).results(0).ids(0), 3);
    EXPECT_EQ(Ask(stub.get(), NearItem(1000, 1, true)).results(0).ids(0), 3);
    v1::GetNnsRequest by_item = NearItem(0, 2, true);
    by_item.mutable_queries(0)->set_item(3);
    by_item.set_include_labels(true);
    by_item.set_include_vectors(true);
    by_item.set_include_distances(true);
    const v1::NeighborList found = Ask(stub.get(), by_item).results(0);
    ASSERT_EQ(found.ids_size(), 2);
    EXPECT_EQ(found.ids(0), 3);
    EXPECT_EQ(found.labels(0), "moved");
    EXPECT_EQ(found.distances(0), 0);
    EXPECT_EQ(found.vectors().substr(0, kDim * sizeof(float)),
              BytesOf(RandomVector(kDim, 1000)));
    v1::GetDistanceRequest distance;
    distance.set_index("a");
    distance.set_i(3);
    distance.set_j(found.ids(1));
    distance.set_include_staged(true);
    v1::GetDistanceResponse far;
    ExpectOk(stub->GetDistance(Context().get(), distance, &far));
    EXPECT_EQ(far.distance(), found.distances(1));
    // The label it had is gone with the vector.
    by_item.mutable_queries(0)->set_label("item-3");
    v1::GetNnsResponse none;
    EXPECT_EQ(ReasonOf(stub->GetNns(Context().get(), by_item, &none)),
              "LABEL_NOT_FOUND");
    EXPECT_EQ(InfoFrom(stub.get()).staged_item_count(), 1);
  }
  ExpectOk(Build(&cluster_, "a"));
  for (const auto& stub : stubs_) {
    EXPECT_EQ(Ask(stub.get(), NearItem(1000, 1, false)).results(0).ids(0), 3);
  }
}

TEST_F(StagedRpcTest, ARemovedItemDoesNotComeBackWithTheNextOfItsId) {
  AddAndBuild();
  ExpectOk(Remove({3}));
  ExpectOk(Add(3, RandomVector(kDim, 1000), "another"));
  for (const auto& stub : stubs_) {
    EXPECT_THAT(IdsOf(Ask(stub.get(), NearItem(3, kItems, false)).results(0)),
                Not(Contains(3)));
    EXPECT_EQ(Ask(stub.get(), NearItem(1000, 1, true)).results(0).ids(0), 3);
  }
}

// Whatever the metric, version and staged items together answer as an exact
// search of a version of all of them does.
TEST_F(StagedRpcTest, MergedAnswersAreThoseOfTheNextVersion) {
  for (const v1::Metric metric :
       {v1::METRIC_ANGULAR, v1::METRIC_EUCLIDEAN, v1::METRIC_MANHATTAN,
        v1::METRIC_DOT, v1::METRIC_HAMMING}) {
    SCOPED_TRACE(v1::Metric_Name(metric));
    v1::DropIndexRequest drop;
    drop.set_index("a");
    v1::DropIndexResponse dropped;
    ExpectOk(cluster_.admin()->DropIndex(Context().get(), drop, &dropped));
    ExpectOk(CreateIndex(&cluster_, "a", kDim, metric));
    AddAndBuild();
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, kItems, 50));
    for (int id = 0; id < 30; ++id) {
      ExpectOk(Add(id, RandomVector(kDim, 2000 + id)));
    }
    ExpectOk(Remove({40, 41, kItems + 7, 5}));
    std::vector<v1::GetNnsRequest> requests;
    for (const int seed : {2, 41, 2003, kItems + 7, kItems + 8}) {
      v1::GetNnsRequest request = NearItem(seed, 25, true);
      request.add_queries()->set_item(2);
      request.set_engine(v1::ENGINE_EXACT);
      request.set_include_distances(true);
      request.add_exclude_items(17);
      request.add_exclude_items(kItems + 20);
      requests.push_back(request);
      for (int id = 0; id < kItems + 50; id += 3) request.add_allow_items(id);
      requests.push_back(request);
    }
    std::vector<v1::GetNnsResponse> staged;
    for (const v1::GetNnsRequest& request : requests) {
      staged.push_back(Ask(stubs_[0].get(), request));
    }
    ExpectOk(Build(&cluster_, "a"));
    for (size_t i = 0; i < requests.size(); ++i) {
      const v1::GetNnsResponse built = Ask(stubs_[1].get(), requests[i]);
      ASSERT_EQ(built.results_size(), 2);
      for (int query = 0; query < 2; ++query) {
        const v1::NeighborList& want = built.results(query);
        const v1::NeighborList& got = staged[i].results(query);
        EXPECT_EQ(IdsOf(got), IdsOf(want));
        EXPECT_THAT(got.distances(),
                    testing::ElementsAreArray(want.distances()));
      }
    }
  }
}

TEST_F(StagedRpcTest, AnOlderVersionHidesWhatWasRemovedSinceTheNewest) {
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

TEST_F(StagedRpcTest, ALabelOfSeveralItemsGivesAndRemovesAllOfThem) {
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

TEST_F(StagedRpcTest, RemovalsAreRefusedWhereNothingCanChange) {
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
