// What a GetNns may ask for beside the number of neighbours, over real
// processes; and the reads of stored items.
#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kOptionsDim = 8;
constexpr int kOptionsItems = 2000;

std::vector<int> IdsOf(const v1::NeighborList& list) {
  return {list.ids().begin(), list.ids().end()};
}

std::vector<float> FloatsOf(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

class QueryOptionsTest : public testing::Test {
 protected:
  // "words": 2000 random items with labels. "twins": items 0 to 3 in one place,
  // 4 to 6 elsewhere, 8 far away; 5 and 7 do not exist; only 0 has a label.
  // "dot": four items along an axis.
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
    ExpectOk(CreateIndex(cluster_, "words", kOptionsDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(cluster_, "words", kOptionsDim, 0, kOptionsItems));
    ExpectOk(Build(cluster_, "words"));
    ExpectOk(CreateIndex(cluster_, "twins", 2, v1::METRIC_EUCLIDEAN));
    v1::AddItemRequest twins;
    twins.set_index("twins");
    const std::vector<std::vector<float>> rows = {
        {1, 1}, {1, 1}, {1, 1}, {1, 1}, {2, 1}, {}, {3, 1}, {}, {50, 1}};
    for (size_t id = 0; id < rows.size(); ++id) {
      if (rows[id].empty()) continue;
      v1::Item* item = twins.add_items();
      item->set_id(static_cast<int>(id));
      SetVector(rows[id], item->mutable_vector());
      if (id == 0) item->set_label("first");
    }
    v1::AddItemResponse added;
    ExpectOk(cluster_->admin()->AddItem(Context().get(), twins, &added));
    ExpectOk(Build(cluster_, "twins"));
    ExpectOk(CreateIndex(cluster_, "dot", 2, v1::METRIC_DOT));
    v1::AddItemRequest dot;
    dot.set_index("dot");
    for (const float x : {1.0f, 2.0f, 3.0f, 4.0f}) {
      SetVector({x, 0}, dot.add_items()->mutable_vector());
    }
    ExpectOk(cluster_->admin()->AddItem(Context().get(), dot, &added));
    ExpectOk(Build(cluster_, "dot"));
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }
  static v1::GetNnsResponse Ask(const v1::GetNnsRequest& request) {
    v1::GetNnsResponse response;
    ExpectOk(GetNns(cluster_, request, &response));
    EXPECT_EQ(response.results_size(), request.queries_size());
    while (response.results_size() < request.queries_size()) {
      response.add_results();
    }
    return response;
  }

  static Cluster* cluster_;
};

Cluster* QueryOptionsTest::cluster_ = nullptr;

// The rules of scikit-plots' transform.

TEST_F(QueryOptionsTest, SelfIsLeftOutByIdNotByDistance) {
  v1::GetNnsRequest request = ItemQuery("twins", 1, 3);
  request.add_queries()->set_label("first");
  request.set_exclude_self(true);
  const v1::GetNnsResponse response = Ask(request);
  EXPECT_THAT(IdsOf(response.results(0)), ElementsAre(0, 2, 3));
  EXPECT_THAT(IdsOf(response.results(1)), ElementsAre(1, 2, 3));
}

TEST_F(QueryOptionsTest, ExcludedItemsAreOneSetForAllQueries) {
  v1::GetNnsRequest request = ItemQuery("twins", 0, 3);
  request.add_queries()->set_item(4);
  request.add_exclude_items(0);
  request.add_exclude_items(2);
  request.add_exclude_items(2);
  request.add_exclude_items(1000);  // there is none
  const v1::GetNnsResponse response = Ask(request);
  EXPECT_THAT(IdsOf(response.results(0)), ElementsAre(1, 3, 4));
  EXPECT_THAT(IdsOf(response.results(1)), ElementsAre(4, 1, 3));
}

TEST_F(QueryOptionsTest, ExclusionsDoNotMakeAnswersShort) {
  for (const v1::Engine engine :
       {v1::ENGINE_AUTO, v1::ENGINE_FOREST, v1::ENGINE_EXACT}) {
    v1::GetNnsRequest request;
    request.set_index("words");
    for (int item = 0; item < 20; ++item) request.add_queries()->set_item(item);
    request.set_n(10);
    request.set_engine(engine);
    request.set_exclude_self(true);
    request.set_strict(true);
    for (int id = 0; id < kOptionsItems - 15; ++id)
      request.add_exclude_items(id);
    const v1::GetNnsResponse response = Ask(request);
    for (const v1::NeighborList& result : response.results()) {
      ASSERT_EQ(result.ids_size(), 10);
      EXPECT_FALSE(result.truncated());
      EXPECT_THAT(IdsOf(result), Each(testing::Ge(kOptionsItems - 15)));
    }
  }
}

TEST_F(QueryOptionsTest, DefaultSearchKGrowsWithExclusions) {
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, "words", &info));
  v1::GetNnsRequest request = ItemQuery("words", 3, 5);
  request.set_engine(v1::ENGINE_FOREST);
  EXPECT_EQ(Ask(request).search_k(), 5 * info.tree_count());
  request.set_exclude_self(true);
  for (const int id : {7, 8, 9, 9}) request.add_exclude_items(id);
  EXPECT_EQ(Ask(request).search_k(), (5 + 1 + 3) * info.tree_count());
  request.set_search_k(77);
  EXPECT_EQ(Ask(request).search_k(), 77);
  request.set_search_k(0);
  request.set_engine(v1::ENGINE_EXACT);
  EXPECT_EQ(Ask(request).search_k(), 0);
}

TEST_F(QueryOptionsTest, ShortAnswersAreToldPerQuery) {
  v1::GetNnsRequest request = ItemQuery("twins", 0, 3);
  request.add_queries()->set_item(8);
  request.set_max_distance(10);
  const v1::GetNnsResponse response = Ask(request);
  EXPECT_EQ(response.results(0).ids_size(), 3);
  EXPECT_FALSE(response.results(0).truncated());
  EXPECT_THAT(IdsOf(response.results(1)), ElementsAre(8));
  EXPECT_TRUE(response.results(1).truncated());
}

TEST_F(QueryOptionsTest, StrictFailsTheCallIfOneAnswerIsShort) {
  v1::GetNnsRequest request = ItemQuery("twins", 0, 3);
  request.set_strict(true);
  request.set_max_distance(10);
  Ask(request);
  for (int i = 0; i < 7; ++i) request.add_queries()->set_item(8);
  v1::GetNnsResponse response;
  const grpc::Status status = GetNns(cluster_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), "ANSWER_SHORT");
  EXPECT_EQ(info.metadata().at("short_count"), "7");
  EXPECT_EQ(info.metadata().at("first_query"), "1");
  EXPECT_EQ(info.metadata().at("first_found"), "1");
  EXPECT_THAT(status.error_message(), HasSubstr("7 of 8 queries"));
  EXPECT_THAT(status.error_message(), HasSubstr("queries[5] found 1, ..."));
}

TEST_F(QueryOptionsTest, VectorsOfTheNeighboursComeBack) {
  v1::GetNnsRequest request = ItemQuery("words", 3, 4);
  request.set_include_vectors(true);
  const v1::GetNnsResponse response = Ask(request);
  const v1::NeighborList& result = response.results(0);
  std::vector<float> expected;
  for (const int id : result.ids()) {
    const std::vector<float> vector = RandomVector(kOptionsDim, id);
    expected.insert(expected.end(), vector.begin(), vector.end());
  }
  EXPECT_EQ(FloatsOf(result.vectors()), expected);
  request.set_include_vectors(false);
  EXPECT_EQ(Ask(request).results(0).vectors(), "");
}

TEST_F(QueryOptionsTest, ItemsWithoutALabelGetTheFillValue) {
  v1::GetNnsRequest request = ItemQuery("twins", 0, 2);
  request.set_include_labels(true);
  EXPECT_THAT(Ask(request).results(0).labels(), ElementsAre("first", ""));
  request.set_label_fill("?");
  EXPECT_THAT(Ask(request).results(0).labels(), ElementsAre("first", "?"));
}

TEST_F(QueryOptionsTest, MissingComponentsOfSparseQueriesAreFilled) {
  std::vector<float> vector(kOptionsDim, 0.5f);
  vector[6] = -1;
  vector[2] = 0.25f;
  v1::GetNnsRequest request;
  request.set_index("words");
  request.set_n(10);
  request.set_missing_value(0.5f);
  SetVector(vector, request.add_queries()->mutable_vector());
  v1::SparseVector* sparse = request.add_queries()->mutable_sparse();
  for (const int position : {6, 2}) {
    sparse->add_positions(position);
    sparse->add_values(vector[position]);
  }
  request.add_queries()->mutable_sparse();
  const v1::GetNnsResponse response = Ask(request);
  EXPECT_EQ(response.results(1).DebugString(),
            response.results(0).DebugString());
  EXPECT_NE(response.results(2).DebugString(),
            response.results(0).DebugString());
}

// What no Annoy has.

TEST_F(QueryOptionsTest, OnlyAllowedItemsAreAnswered) {
  v1::GetNnsRequest all = ItemQuery("words", 3, kOptionsItems);
  all.set_engine(v1::ENGINE_EXACT);
  const std::vector<int> order = IdsOf(Ask(all).results(0));
  v1::GetNnsRequest request = ItemQuery("words", 3, 5);
  std::set<int> allowed;
  for (int id = 11; id < kOptionsItems; id += 100) allowed.insert(id);
  for (const int id : allowed) request.add_allow_items(id);
  request.add_allow_items(kOptionsItems + 5);  // there is none
  request.add_exclude_items(111);
  allowed.erase(111);
  std::vector<int> expected;
  for (const int id : order) {
    if (allowed.count(id) > 0 && expected.size() < 5) expected.push_back(id);
  }
  v1::GetNnsResponse response = Ask(request);
  EXPECT_EQ(IdsOf(response.results(0)), expected);
  // Twenty comparisons are cheaper than any walk.
  EXPECT_EQ(response.engine(), v1::ENGINE_EXACT);
  request.set_engine(v1::ENGINE_FOREST);
  response = Ask(request);
  EXPECT_EQ(response.engine(), v1::ENGINE_FOREST);
  EXPECT_EQ(response.results(0).ids_size(), 5);
  EXPECT_THAT(allowed, testing::IsSupersetOf(IdsOf(response.results(0))));
}

TEST_F(QueryOptionsTest, AnEmptyListOfAllowedItemsCanBeMeant) {
  v1::GetNnsRequest request = ItemQuery("words", 3, 5);
  request.set_only_allow_items(true);
  for (const v1::Engine engine : {v1::ENGINE_AUTO, v1::ENGINE_FOREST,
                                  v1::ENGINE_GRAPH, v1::ENGINE_EXACT}) {
    request.set_engine(engine);
    for (const bool staged : {false, true}) {
      request.set_include_staged(staged);
      const v1::GetNnsResponse response = Ask(request);
      EXPECT_EQ(response.results(0).ids_size(), 0) << engine << staged;
      EXPECT_TRUE(response.results(0).truncated());
    }
  }
  request.set_engine(v1::ENGINE_AUTO);
  // One that is not empty means the same with and without.
  request.add_allow_items(9);
  EXPECT_THAT(IdsOf(Ask(request).results(0)), ElementsAre(9));
  request.set_only_allow_items(false);
  EXPECT_THAT(IdsOf(Ask(request).results(0)), ElementsAre(9));
  request.clear_allow_items();
  EXPECT_EQ(Ask(request).results(0).ids_size(), 5);
}

TEST_F(QueryOptionsTest, AFilterIsForgottenWithItsCall) {
  v1::GetNnsRequest request = ItemQuery("words", 3, 5);
  const v1::GetNnsResponse before = Ask(request);
  v1::GetNnsRequest filtered = request;
  filtered.add_allow_items(9);
  filtered.add_exclude_items(3);
  EXPECT_THAT(IdsOf(Ask(filtered).results(0)), ElementsAre(9));
  v1::GetNnsRequest excluded = request;
  excluded.add_exclude_items(12);
  EXPECT_THAT(IdsOf(Ask(excluded).results(0)), Contains(3));
  EXPECT_EQ(Ask(request).DebugString(), before.DebugString());
}

TEST_F(QueryOptionsTest, MaxDistanceIsInnerProductForDot) {
  v1::GetNnsRequest request;
  request.set_index("dot");
  request.set_n(4);
  request.set_include_distances(true);
  SetVector({1, 0}, request.add_queries()->mutable_vector());
  request.set_max_distance(3);
  const v1::GetNnsResponse response = Ask(request);
  EXPECT_THAT(IdsOf(response.results(0)), ElementsAre(3, 2));
  EXPECT_THAT(response.results(0).distances(), ElementsAre(4, 3));
}

TEST_F(QueryOptionsTest, TheVersionServedCanBeDemanded) {
  v1::GetNnsRequest request = ItemQuery("twins", 0, 1);
  request.set_version(1);
  EXPECT_EQ(Ask(request).version(), 1);
  request.set_version(2);
  v1::GetNnsResponse response;
  const grpc::Status status = GetNns(cluster_, request, &response);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "VERSION_NOT_SERVED");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("served"), "1");
}

TEST_F(QueryOptionsTest, StoredItemsAreReadByIdAndLabel) {
  v1::GetItemsRequest request;
  request.set_index("words");
  request.add_ids(7);
  request.add_ids(5);
  request.add_ids(7);
  request.add_labels("item-9");
  v1::GetItemsResponse response;
  ExpectOk(cluster_->index()->GetItems(Context().get(), request, &response));
  ASSERT_EQ(response.items_size(), 4);
  const std::vector<int> ids = {7, 5, 7, 9};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(response.items(i).id(), ids[i]);
    EXPECT_EQ(response.items(i).label(), absl::StrCat("item-", ids[i]));
    EXPECT_EQ(FloatsOf(response.items(i).vector_bytes()),
              RandomVector(kOptionsDim, ids[i]));
  }
  EXPECT_EQ(response.version(), 1);
}

TEST_F(QueryOptionsTest, DistanceIsThatOfAnAnswer) {
  v1::GetNnsRequest query = ItemQuery("words", 3, 2);
  query.set_include_distances(true);
  const v1::NeighborList near = Ask(query).results(0);
  v1::GetDistanceRequest request;
  request.set_index("words");
  request.set_i(3);
  request.set_j(near.ids(1));
  v1::GetDistanceResponse response;
  ExpectOk(cluster_->index()->GetDistance(Context().get(), request, &response));
  EXPECT_EQ(response.distance(), near.distances(1));
  // A hole is no item.
  request.set_index("twins");
  request.set_j(5);
  EXPECT_EQ(ErrorInfoOf(cluster_->index()->GetDistance(Context().get(), request,
                                                       &response))
                .reason(),
            "ITEM_NOT_FOUND");
}

// Without a measured curve nothing but comparing every item is sure.
TEST_F(QueryOptionsTest, MinRecallOfATinyIndexIsKeptExactly) {
  v1::GetNnsRequest request = ItemQuery("twins", 0, 3);
  request.set_min_recall(0.99);
  EXPECT_EQ(Ask(request).engine(), v1::ENGINE_EXACT);
}

TEST_F(QueryOptionsTest, MinRecallChoosesTheCheapestSearch) {
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, "words", &info));
  ASSERT_GT(info.recall_curve_size(), 5);
  for (int i = 1; i < info.recall_curve_size(); ++i) {
    EXPECT_GT(info.recall_curve(i).search_k(),
              info.recall_curve(i - 1).search_k());
    EXPECT_GE(info.recall_curve(i).recall(), info.recall_curve(i - 1).recall());
  }
  v1::GetNnsRequest request = ItemQuery("words", 3, 10);
  request.set_engine(v1::ENGINE_FOREST);
  request.set_min_recall(0.5);
  const int64_t low = Ask(request).search_k();
  request.set_min_recall(0.9);
  const int64_t high = Ask(request).search_k();
  EXPECT_GT(high, low);
  EXPECT_GT(low, 0);
  request.set_engine(v1::ENGINE_AUTO);
  request.set_min_recall(1);
  EXPECT_EQ(Ask(request).engine(), v1::ENGINE_EXACT);
  // The graph is cheaper than the forest.
  request.set_min_recall(0.5);
  EXPECT_EQ(Ask(request).engine(), v1::ENGINE_GRAPH);
}

TEST_F(QueryOptionsTest, MinRecallIsRefusedIfTheForestCannotKeepIt) {
  v1::GetNnsRequest request = ItemQuery("words", 3, 10);
  request.set_engine(v1::ENGINE_FOREST);
  request.set_min_recall(1);
  v1::GetNnsResponse response;
  const grpc::Status status = GetNns(cluster_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "RECALL_UNREACHABLE");
  EXPECT_THAT(status.error_message(), HasSubstr("measured recalls of"));
}

}  // namespace
}  // namespace annod
