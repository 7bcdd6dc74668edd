// Items stored since the last build, as two workers answer.
#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/staged_rpc_fixture.h"

namespace annod {
namespace {

using StagedRpcTest = StagedRpcFixture;

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
    // Number 5 is removed.
    items.add_ids(5);
    items.add_labels("no such");
    EXPECT_EQ(ReasonOf(stub->GetItems(Context().get(), items, &got)),
              "ITEM_NOT_FOUND");
    items.set_skip_missing(true);
    ExpectOk(stub->GetItems(Context().get(), items, &got));
    EXPECT_EQ(got.items_size(), 2);
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

// Whichever worker is asked: the answer of Build waits for all of them.
TEST_F(StagedRpcTest, OnceABuildHasAnsweredInfoShowsNone) {
  for (int round = 0; round < 5; ++round) {
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, 10 * round, 10));
    ExpectOk(Build(&cluster_, "a"));
    for (const auto& stub : stubs_) {
      EXPECT_FALSE(InfoFrom(stub.get()).has_build());
    }
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
    metric_ = metric;
    AddAndBuild();
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, kItems, 50, metric));
    for (int id = 0; id < 30; ++id) {
      ExpectOk(Add(id, RandomVector(kDim, 2000 + id, metric)));
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

// Whose angles differ by less than floats of 2 - 2 cos can tell.
TEST_F(StagedRpcTest, NearDuplicatesKeepTheirOrderStagedAndBuilt) {
  ExpectOk(CreateIndex(&cluster_, "near", 3, v1::METRIC_ANGULAR));
  const auto vector_of = [](float value) {
    return std::vector<float>{value, value + 1, value + 2};
  };
  v1::AddItemRequest add;
  add.set_index("near");
  std::vector<int> in_order(100);
  for (int id = 0; id < 100; ++id) {
    const int place = id * 37 % 100;
    in_order[place] = id;
    v1::Item* const item = add.add_items();
    item->set_id(id);
    SetVector(vector_of(40 + 0.01F * static_cast<float>(place)),
              item->mutable_vector());
  }
  v1::AddItemResponse added;
  ExpectOk(cluster_.admin()->AddItem(Context().get(), add, &added));
  v1::GetNnsRequest request;
  request.set_index("near");
  SetVector(vector_of(30), request.add_queries()->mutable_vector());
  request.set_n(100);
  request.set_engine(v1::ENGINE_EXACT);
  request.set_include_staged(true);
  request.set_include_distances(true);
  const v1::NeighborList staged = Ask(stubs_[0].get(), request).results(0);
  EXPECT_EQ(IdsOf(staged), in_order);
  EXPECT_TRUE(
      std::is_sorted(staged.distances().begin(), staged.distances().end()));
  ExpectOk(Build(&cluster_, "near"));
  EXPECT_EQ(IdsOf(Ask(stubs_[1].get(), request).results(0)), in_order);
}

}  // namespace
}  // namespace annod
