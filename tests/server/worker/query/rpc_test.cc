// Every call of both services, as it is meant to be used, over real processes.
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "xxhash.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kRpcDim = 8;

class RpcTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/2);
    cluster_->StartAll();
    ExpectOk(CreateIndex(cluster_, "words", kRpcDim, v1::METRIC_ANGULAR));
    ExpectOk(AddRandomItems(cluster_, "words", kRpcDim, 0, 2000));
    ExpectOk(Build(cluster_, "words"));
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  static Cluster* cluster_;
};

Cluster* RpcTest::cluster_ = nullptr;

TEST_F(RpcTest, CreateIndexFillsInDefaults) {
  v1::CreateIndexRequest request;
  request.set_index("fresh");
  request.set_dimension(3);
  request.set_metric(v1::METRIC_DOT);
  v1::CreateIndexResponse response;
  ExpectOk(cluster_->admin()->CreateIndex(Context().get(), request, &response));
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, "fresh", &info));
  EXPECT_EQ(info.DebugString(), response.info().DebugString());
  EXPECT_EQ(info.dimension(), 3);
  EXPECT_EQ(info.metric(), v1::METRIC_DOT);
  EXPECT_EQ(info.state(), v1::INDEX_STATE_EMPTY);
  EXPECT_EQ(info.default_n(), 10);
  EXPECT_EQ(info.default_tree_count(), 50);
  EXPECT_EQ(info.version(), 0);
  EXPECT_EQ(info.create_time().size(), strlen("2026-01-01T00:00:00Z"));
  const grpc::Status again =
      cluster_->admin()->CreateIndex(Context().get(), request, &response);
  EXPECT_EQ(again.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ErrorInfoOf(again).reason(), "INDEX_EXISTS");
}

TEST_F(RpcTest, AQueryByItemFindsTheItemFirst) {
  v1::GetNnsRequest request = ItemQuery("words", 7, 5);
  request.set_include_distances(true);
  request.set_include_labels(true);
  request.set_include_cost(true);
  request.set_engine(v1::ENGINE_FOREST);
  v1::GetNnsResponse response;
  ExpectOk(GetNns(cluster_, request, &response));
  ASSERT_EQ(response.results_size(), 1);
  const v1::NeighborList& result = response.results(0);
  ASSERT_EQ(result.ids_size(), 5);
  EXPECT_EQ(result.ids(0), 7);
  EXPECT_EQ(result.labels(0), "item-7");
  EXPECT_EQ(result.labels_size(), 5);
  ASSERT_EQ(result.distances_size(), 5);
  EXPECT_NEAR(result.distances(0), 0, 1e-3);
  EXPECT_LE(result.distances(1), result.distances(2));
  EXPECT_FALSE(result.truncated());
  EXPECT_EQ(response.engine(), v1::ENGINE_FOREST);
  EXPECT_GT(response.version(), 0);
  EXPECT_GT(response.cost().node_count(), 0);
  EXPECT_GT(response.cost().distance_count(), 0);
}

TEST_F(RpcTest, AllWaysToNameAVectorGiveTheSameAnswer) {
  const std::vector<float> vector = RandomVector(kRpcDim, 7);
  v1::GetNnsRequest request = ItemQuery("words", 7, 10);
  request.add_queries()->set_label("item-7");
  SetVector(vector, request.add_queries()->mutable_vector());
  request.add_queries()->set_vector_bytes(BytesOf(vector));
  v1::GetNnsResponse response;
  ExpectOk(GetNns(cluster_, request, &response));
  ASSERT_EQ(response.results_size(), 4);
  for (const v1::NeighborList& result : response.results()) {
    EXPECT_EQ(result.DebugString(), response.results(0).DebugString());
    EXPECT_EQ(result.distances_size(), 0);
    EXPECT_EQ(result.labels_size(), 0);
  }
  EXPECT_FALSE(response.has_cost());
}

TEST_F(RpcTest, TheExactEngineFindsWhatComparingEveryItemFinds) {
  v1::GetNnsRequest request = ItemQuery("words", 11, 10);
  request.set_engine(v1::ENGINE_EXACT);
  request.set_include_cost(true);
  v1::GetNnsResponse exact;
  ExpectOk(GetNns(cluster_, request, &exact));
  EXPECT_EQ(exact.engine(), v1::ENGINE_EXACT);
  EXPECT_GE(exact.cost().distance_count(), 2000);
  // The forest, told to look at everything, agrees.
  request.set_engine(v1::ENGINE_FOREST);
  request.set_search_k(1000000);
  v1::GetNnsResponse forest;
  ExpectOk(GetNns(cluster_, request, &forest));
  EXPECT_EQ(forest.results(0).DebugString(), exact.results(0).DebugString());
}

TEST_F(RpcTest, FewerThanNIsATruncatedAnswerAndNotAnError) {
  ExpectOk(CreateIndex(cluster_, "few", kRpcDim, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(cluster_, "few", kRpcDim, 0, 3));
  ExpectOk(Build(cluster_, "few"));
  v1::GetNnsRequest request = ItemQuery("few", 0, 0);
  v1::GetNnsResponse response;
  ExpectOk(GetNns(cluster_, request, &response));
  EXPECT_EQ(response.results(0).ids_size(), 3);
  EXPECT_TRUE(response.results(0).truncated());  // default_n is 10
  EXPECT_EQ(response.engine(), v1::ENGINE_EXACT) << "so small an index";
}

TEST_F(RpcTest, QueriesForWhatIsNotThereSayWhat) {
  v1::GetNnsResponse response;
  grpc::Status status =
      GetNns(cluster_, ItemQuery("words", 99999, 1), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "ITEM_NOT_FOUND");
  v1::GetNnsRequest request = ItemQuery("words", 1, 1);
  request.mutable_queries(0)->set_label("item-99999");
  status = GetNns(cluster_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "LABEL_NOT_FOUND");
  ExpectOk(CreateIndex(cluster_, "unbuilt", kRpcDim, v1::METRIC_ANGULAR));
  status = GetNns(cluster_, ItemQuery("unbuilt", 1, 1), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_NOT_BUILT");
}

TEST_F(RpcTest, AHoleIsNotAnItem) {
  ExpectOk(CreateIndex(cluster_, "holes", kRpcDim, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(cluster_, "holes", kRpcDim, 0, 2));
  ExpectOk(AddRandomItems(cluster_, "holes", kRpcDim, 5, 2));
  ExpectOk(Build(cluster_, "holes"));
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, "holes", &info));
  EXPECT_EQ(info.item_slot_count(), 7);
  EXPECT_EQ(info.item_count(), 4);
  v1::GetNnsResponse response;
  const grpc::Status status =
      GetNns(cluster_, ItemQuery("holes", 3, 1), &response);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "ITEM_NOT_FOUND") << Describe(status);
  // The same of a staged item that replaces one: it is not counted twice.
  ExpectOk(AddRandomItems(cluster_, "holes", kRpcDim, 5, 1));
  v1::GetNnsRequest staged = ItemQuery("holes", 3, 1);
  staged.set_include_staged(true);
  EXPECT_EQ(GetNns(cluster_, staged, &response).error_message(),
            "queries[0].item is 3; index 'holes' version 1 has no item with "
            "this id; its ids are below 7");
}

TEST_F(RpcTest, AddItemAssignsIdsAndInfoCountsThem) {
  ExpectOk(CreateIndex(cluster_, "assign", 2, v1::METRIC_MANHATTAN));
  v1::AddItemRequest request;
  request.set_index("assign");
  SetVector({1, 2}, request.add_items()->mutable_vector());
  SetVector({3, 4}, request.add_items()->mutable_vector());
  request.add_items()->set_vector_bytes(BytesOf({5, 6}));
  request.mutable_items(2)->set_id(10);
  v1::AddItemResponse response;
  ExpectOk(cluster_->admin()->AddItem(Context().get(), request, &response));
  EXPECT_THAT(response.ids(), ElementsAre(0, 1, 10));
  EXPECT_TRUE(Eventually([&] {
    v1::IndexInfo info;
    ExpectOk(Info(cluster_, "assign", &info));
    return info.staged_item_count() == 3 && info.staged_bytes() > 0;
  }));
  cluster_->ExpectMetric("annod_items_added_total", {{"index", "assign"}}, 3);
}

TEST_F(RpcTest, ALabelIsTakenOnce) {
  ExpectOk(CreateIndex(cluster_, "labels", kRpcDim, v1::METRIC_ANGULAR));
  ExpectOk(AddRandomItems(cluster_, "labels", kRpcDim, 0, 2));
  v1::AddItemRequest request;
  request.set_index("labels");
  v1::Item* item = request.add_items();
  item->set_id(5);
  item->set_label("item-1");
  item->set_vector_bytes(BytesOf(RandomVector(kRpcDim, 5)));
  v1::AddItemResponse response;
  const grpc::Status status =
      cluster_->admin()->AddItem(Context().get(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "LABEL_TAKEN") << Describe(status);
}

TEST_F(RpcTest, AddItemsTakesAStream) {
  ExpectOk(CreateIndex(cluster_, "stream", kRpcDim, v1::METRIC_EUCLIDEAN));
  const auto context = Context();
  v1::AddItemsResponse response;
  const auto writer = cluster_->admin()->AddItems(context.get(), &response);
  constexpr int kMessages = 20;
  constexpr int kItems = 50;
  for (int m = 0; m < kMessages; ++m) {
    v1::AddItemsRequest request;
    if (m == 0) request.set_index("stream");
    if (m == 1) request.set_index("stream");
    for (int i = 0; i < kItems; ++i) {
      const int id = 3 + m * kItems + i;
      v1::Item* item = request.add_items();
      item->set_id(id);
      SetVector(RandomVector(kRpcDim, id), item->mutable_vector());
    }
    ASSERT_TRUE(writer->Write(request));
  }
  writer->WritesDone();
  ExpectOk(writer->Finish());
  EXPECT_EQ(response.added_count(), kMessages * kItems);
  EXPECT_EQ(response.first_id(), 3);
  EXPECT_EQ(response.last_id(), 2 + kMessages * kItems);
  ExpectOk(Build(cluster_, "stream"));
  v1::GetNnsResponse nearest;
  ExpectOk(GetNns(cluster_, ItemQuery("stream", 500, 1), &nearest));
  EXPECT_THAT(nearest.results(0).ids(), ElementsAre(500));
}

TEST_F(RpcTest, ListIndexesNamesAllInOrder) {
  v1::ListIndexesResponse response;
  ExpectOk(cluster_->index()->ListIndexes(Context().get(), {}, &response));
  std::vector<std::string> names;
  for (const v1::IndexInfo& info : response.indexes()) {
    names.push_back(info.index());
  }
  EXPECT_THAT(names, testing::Contains("words"));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_F(RpcTest, SerializeStreamsTheFileByteForByte) {
  v1::SerializeRequest request;
  request.set_index("words");
  request.set_chunk_bytes(5000);
  const auto context = Context();
  const auto reader = cluster_->admin()->Serialize(context.get(), request);
  std::string bytes;
  v1::SerializeResponse response;
  while (reader->Read(&response)) {
    EXPECT_LE(response.chunk().size(), 5000u);
    bytes += response.chunk();
  }
  ExpectOk(reader->Finish());
  EXPECT_EQ(response.total_bytes(), static_cast<int64_t>(bytes.size()));
  EXPECT_EQ(response.xxh3_64(), XXH3_64bits(bytes.data(), bytes.size()));
  std::ifstream file(absl::StrCat(cluster_->config().data_dir,
                                  "/words/versions/000001/forest.ann"));
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(stored.empty());
  EXPECT_TRUE(bytes == stored);
}

TEST_F(RpcTest, AttachServesAFileWhereItLies) {
  v1::AttachRequest request;
  request.set_index("golden");
  char* path =
      realpath("tests/testdata/golden/main/angular-f7-n500.ann", nullptr);
  ASSERT_NE(path, nullptr);
  request.set_path(path);
  free(path);
  request.set_dimension(7);
  request.set_metric(v1::METRIC_ANGULAR);
  v1::AttachResponse response;
  ExpectOk(cluster_->admin()->Attach(Context().get(), request, &response));
  EXPECT_EQ(response.info().item_count(), 500);
  EXPECT_EQ(response.info().state(), v1::INDEX_STATE_SERVING);
  EXPECT_EQ(response.info().attached_path(), request.path());
  v1::GetNnsResponse nearest;
  v1::GetNnsRequest query = ItemQuery("golden", 3, 5);
  query.set_engine(v1::ENGINE_FOREST);
  ExpectOk(GetNns(cluster_, query, &nearest));
  EXPECT_EQ(nearest.results(0).ids(0), 3);

  grpc::Status status = AddRandomItems(cluster_, "golden", 7, 500, 1);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_ATTACHED");
  status = Build(cluster_, "golden");
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_ATTACHED");

  // The same file does not pass for another dimension, and leaves nothing.
  request.set_index("mismatch");
  request.set_dimension(9);
  status = cluster_->admin()->Attach(Context().get(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "FILE_REJECTED") << Describe(status);
  v1::IndexInfo info;
  EXPECT_EQ(Info(cluster_, "mismatch", &info).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(RpcTest, DropIndexLeavesNothing) {
  ExpectOk(CreateIndex(cluster_, "gone", kRpcDim, v1::METRIC_ANGULAR));
  ExpectOk(AddRandomItems(cluster_, "gone", kRpcDim, 0, 5));
  ExpectOk(Build(cluster_, "gone"));
  v1::DropIndexRequest request;
  request.set_index("gone");
  v1::DropIndexResponse response;
  ExpectOk(cluster_->admin()->DropIndex(Context().get(), request, &response));
  // On every worker at once: each connection meets one of them.
  for (int i = 0; i < 8; ++i) {
    v1::GetNnsResponse nearest;
    const grpc::Status status = cluster_->NewIndexStub()->GetNns(
        Context().get(), ItemQuery("gone", 0, 1), &nearest);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_NOT_FOUND");
  }
  const grpc::Status again =
      cluster_->admin()->DropIndex(Context().get(), request, &response);
  EXPECT_EQ(ErrorInfoOf(again).reason(), "INDEX_NOT_FOUND");
  // The name is free for something else.
  ExpectOk(CreateIndex(cluster_, "gone", 2, v1::METRIC_DOT));
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, "gone", &info));
  EXPECT_EQ(info.dimension(), 2);
  EXPECT_EQ(info.staged_item_count(), 0);
  EXPECT_EQ(info.version(), 0);
}

TEST_F(RpcTest, CallsAreCounted) {
  const LabelPairs labels = {
      {"method", "GetNns"}, {"index", "words"}, {"code", "OK"}};
  const double before = cluster_->Metric("annod_rpc_duration_seconds", labels);
  const double queries =
      cluster_->Metric("annod_queries_total", {{"index", "words"}});
  v1::GetNnsRequest request = ItemQuery("words", 1, 3);
  request.add_queries()->set_item(2);
  v1::GetNnsResponse response;
  ExpectOk(GetNns(cluster_, request, &response));
  EXPECT_TRUE(Eventually([&] {
    return cluster_->Metric("annod_rpc_duration_seconds", labels) == before + 1;
  }));
  cluster_->ExpectMetric("annod_queries_total", {{"index", "words"}},
                         queries + 2);
  // A name that a client made up is no label.
  request.set_index("made-up");
  EXPECT_FALSE(GetNns(cluster_, request, &response).ok());
  EXPECT_TRUE(Eventually([&] {
    return cluster_->Metric(
               "annod_rpc_duration_seconds",
               {{"method", "GetNns"}, {"index", ""}, {"code", "NOT_FOUND"}}) >=
           1;
  }));
  EXPECT_EQ(
      cluster_->Metric("annod_rpc_duration_seconds", {{"index", "made-up"}}),
      0);
}

TEST_F(RpcTest, APastDeadlineIsSaidSo) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() -
                       std::chrono::seconds(1));
  v1::GetNnsResponse response;
  const grpc::Status status =
      cluster_->index()->GetNns(&context, ItemQuery("words", 1, 3), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace annod
