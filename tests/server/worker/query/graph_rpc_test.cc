// The graph over real processes: built with a version, chosen by recall, and
// under every option that the forest has.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

constexpr int kDim = 8;
constexpr int kItems = 4000;

class GraphRpcTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
    for (const auto& [name, metric] : Indexes()) {
      ExpectOk(CreateIndex(cluster_, name, kDim, metric));
      ExpectOk(AddRandomItems(cluster_, name, kDim, 0, kItems));
      ExpectOk(Build(cluster_, name));
    }
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  static std::vector<std::pair<std::string, v1::Metric>> Indexes() {
    return {{"angular", v1::METRIC_ANGULAR},
            {"euclidean", v1::METRIC_EUCLIDEAN},
            {"manhattan", v1::METRIC_MANHATTAN},
            {"dot", v1::METRIC_DOT}};
  }
  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }
  static v1::GetNnsResponse Ask(const v1::GetNnsRequest& request) {
    v1::GetNnsResponse response;
    ExpectOk(GetNns(cluster_, request, &response));
    if (response.results_size() == 0) response.add_results();
    return response;
  }
  // The share of exact answers that the request's have, over 100 items.
  static double Recall(v1::GetNnsRequest request) {
    int found = 0, wanted = 0;
    for (int item = 0; item < kItems; item += kItems / 100) {
      request.mutable_queries(0)->set_item(item);
      request.set_include_distances(true);
      const v1::NeighborList list = Ask(request).results(0);
      v1::GetNnsRequest exact = request;
      exact.set_engine(v1::ENGINE_EXACT);
      exact.set_beam(0);
      exact.set_min_recall(0);
      const v1::NeighborList truth = Ask(exact).results(0);
      const std::set<int> ids(truth.ids().begin(), truth.ids().end());
      wanted += truth.ids_size();
      found += static_cast<int>(
          std::count_if(list.ids().begin(), list.ids().end(),
                        [&](int id) { return ids.count(id) > 0; }));
    }
    return static_cast<double>(found) / wanted;
  }

  static Cluster* cluster_;
};

Cluster* GraphRpcTest::cluster_ = nullptr;

TEST_F(GraphRpcTest, AnItemThatAsksFindsItself) {
  for (const auto& [name, metric] : Indexes()) {
    if (metric == v1::METRIC_DOT) continue;  // others have larger products
    for (int item = 0; item < kItems; item += kItems / 100) {
      v1::GetNnsRequest request = ItemQuery(name, item, 1);
      request.set_engine(v1::ENGINE_GRAPH);
      request.set_beam(1);
      EXPECT_EQ(Ask(request).results(0).ids(0), item) << name;
    }
  }
}

TEST_F(GraphRpcTest, AnswersWhatNobodyTunes) {
  for (const auto& [name, metric] : Indexes()) {
    v1::IndexInfo info;
    ExpectOk(Info(cluster_, name, &info));
    EXPECT_GT(info.graph_bytes(), kItems * 64) << name;
    EXPECT_GE(info.graph_shape().degree(), 16) << name;
    EXPECT_GT(info.graph_shape().code_components(), 0) << name;
    EXPECT_EQ(info.graph_shape().code_bits(), 8) << name;
    ASSERT_GT(info.beam_curve_size(), 1) << name;
    v1::GetNnsRequest request = ItemQuery(name, 3, 10);
    const v1::GetNnsResponse response = Ask(request);
    EXPECT_EQ(response.engine(), v1::ENGINE_GRAPH) << name;
    EXPECT_GE(response.beam(), 10) << name;
    EXPECT_EQ(response.search_k(), 0) << name;
    EXPECT_GT(Recall(request), 0.94) << name;
  }
}

TEST_F(GraphRpcTest, TheBeamIsTheCallersOrFollowsRecall) {
  v1::GetNnsRequest request = ItemQuery("euclidean", 3, 10);
  request.set_beam(77);
  EXPECT_EQ(Ask(request).beam(), 77);
  request.set_beam(0);
  request.set_min_recall(0.6);
  const int low = Ask(request).beam();
  request.set_min_recall(0.97);
  EXPECT_GT(Ask(request).beam(), low);
  EXPECT_GT(Recall(request), 0.96);
}

TEST_F(GraphRpcTest, SearchKMeansTheForest) {
  v1::GetNnsRequest request = ItemQuery("euclidean", 3, 10);
  request.set_search_k(500);
  EXPECT_EQ(Ask(request).engine(), v1::ENGINE_FOREST);
}

TEST_F(GraphRpcTest, TheForestRanksByCodesWhereRecallIsAskedFor) {
  for (const auto& [name, metric] : Indexes()) {
    v1::GetNnsRequest request = ItemQuery(name, 3, 10);
    request.set_engine(v1::ENGINE_FOREST);
    request.set_min_recall(0.9);
    const v1::GetNnsResponse response = Ask(request);
    EXPECT_EQ(response.engine(), v1::ENGINE_FOREST) << name;
    EXPECT_TRUE(response.ranked_by_codes()) << name;
    EXPECT_GT(response.search_k(), 0) << name;
    EXPECT_GE(Recall(request), 0.89) << name;
    // With a filter too.
    for (int id = 0; id < kItems; id += 2) request.add_allow_items(id);
    EXPECT_TRUE(Ask(request).ranked_by_codes()) << name;
    EXPECT_GE(Recall(request), 0.89) << name;
    request.set_max_distance(metric == v1::METRIC_DOT ? 1e9f : 0);
    EXPECT_LE(Ask(request).results(0).ids_size(), 1) << name;
  }
}

// Annoy's answers, whether there is a graph or not.
TEST_F(GraphRpcTest, SearchKAndTheDefaultNeverUseCodes) {
  const std::vector<std::string> names = {"with_graph", "without_graph"};
  for (const std::string& name : names) {
    ExpectOk(CreateIndex(cluster_, name, kDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(cluster_, name, kDim, 0, kItems));
    v1::BuildRequest build;
    build.set_index(name);
    build.set_seed(5);
    build.set_no_graph(name == "without_graph");
    ExpectOk(Build(cluster_, build, nullptr));
  }
  for (const int search_k : {0, 100, 1000}) {
    v1::GetNnsRequest request = ItemQuery(names[0], 0, 10);
    for (int item = 1; item < 50; ++item) request.add_queries()->set_item(item);
    request.set_engine(v1::ENGINE_FOREST);
    request.set_search_k(search_k);
    request.set_include_distances(true);
    v1::GetNnsResponse with = Ask(request);
    EXPECT_FALSE(with.ranked_by_codes());
    request.set_index(names[1]);
    EXPECT_EQ(with.DebugString(), Ask(request).DebugString()) << search_k;
  }
  // Nor can codes be used that are not there.
  v1::GetNnsRequest request = ItemQuery(names[1], 3, 10);
  request.set_engine(v1::ENGINE_FOREST);
  request.set_min_recall(0.9);
  EXPECT_FALSE(Ask(request).ranked_by_codes());
  EXPECT_GE(Recall(request), 0.89);
}

TEST_F(GraphRpcTest, FiltersKeepTheirRecall) {
  v1::GetNnsRequest request = ItemQuery("euclidean", 3, 10);
  request.set_engine(v1::ENGINE_GRAPH);
  for (int id = 0; id < kItems; id += 3) request.add_allow_items(id);
  EXPECT_GT(Recall(request), 0.94);
  request.clear_allow_items();
  for (int id = 0; id < kItems; ++id) {
    if (id % 4 != 0) request.add_exclude_items(id);
  }
  EXPECT_GT(Recall(request), 0.94);
}

// Few items are compared one by one, whatever else was asked for.
TEST_F(GraphRpcTest, SmallAllowedSetsAreCompared) {
  v1::GetNnsRequest request = ItemQuery("euclidean", 3, 10);
  for (int id = 0; id < 30; ++id) request.add_allow_items(id);
  EXPECT_EQ(Ask(request).engine(), v1::ENGINE_EXACT);
}

TEST_F(GraphRpcTest, RemovedItemsAreHiddenAndStagedOnesFound) {
  ExpectOk(CreateIndex(cluster_, "changing", kDim, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(cluster_, "changing", kDim, 0, kItems));
  ExpectOk(Build(cluster_, "changing"));
  v1::GetNnsRequest request = ItemQuery("changing", 3, 5);
  request.set_engine(v1::ENGINE_GRAPH);
  const int nearest = Ask(request).results(0).ids(1);
  v1::RemoveItemsRequest remove;
  remove.set_index("changing");
  remove.add_ids(nearest);
  v1::RemoveItemsResponse removed;
  ExpectOk(cluster_->admin()->RemoveItems(Context().get(), remove, &removed));
  const v1::NeighborList after = Ask(request).results(0);
  EXPECT_EQ(after.ids_size(), 5);
  EXPECT_EQ(std::count(after.ids().begin(), after.ids().end(), nearest), 0);
  ExpectOk(AddRandomItems(cluster_, "changing", kDim, kItems, 1));
  v1::GetNnsRequest staged = ItemQuery("changing", kItems, 5);
  staged.set_include_staged(true);
  staged.set_engine(v1::ENGINE_GRAPH);
  EXPECT_EQ(Ask(staged).results(0).ids(0), kItems);
}

TEST_F(GraphRpcTest, ABuildCanGoWithout) {
  ExpectOk(CreateIndex(cluster_, "plain", kDim, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(cluster_, "plain", kDim, 0, kItems));
  v1::BuildRequest build;
  build.set_index("plain");
  build.set_no_graph(true);
  ExpectOk(Build(cluster_, build, nullptr));
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, "plain", &info));
  EXPECT_EQ(info.graph_bytes(), 0);
  EXPECT_FALSE(info.has_graph_shape());
  EXPECT_EQ(info.beam_curve_size(), 0);
  v1::GetNnsRequest request = ItemQuery("plain", 3, 5);
  EXPECT_EQ(Ask(request).engine(), v1::ENGINE_FOREST);
  request.set_engine(v1::ENGINE_GRAPH);
  v1::GetNnsResponse response;
  EXPECT_EQ(ErrorInfoOf(GetNns(cluster_, request, &response)).reason(),
            "NO_GRAPH");
}

}  // namespace
}  // namespace annod
