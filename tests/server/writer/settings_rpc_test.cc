// Settings of an index: given when it is created, changed later, inferred from
// the first item; known to every worker and to the next life of the writer.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

class SettingsRpcTest : public testing::Test {
 protected:
  SettingsRpcTest() : cluster_(/*workers=*/2) { cluster_.StartAll(); }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  grpc::Status Update(const v1::UpdateSettingsRequest& request,
                      v1::IndexInfo* info = nullptr) {
    v1::UpdateSettingsResponse response;
    const grpc::Status status =
        cluster_.admin()->UpdateSettings(Context().get(), request, &response);
    if (info != nullptr) *info = response.info();
    return status;
  }

  // What each of several connections, which meet all workers, says.
  std::vector<v1::IndexInfo> InfoEverywhere(const std::string& index) {
    std::vector<v1::IndexInfo> infos;
    for (int i = 0; i < 6; ++i) {
      v1::InfoRequest request;
      request.set_index(index);
      v1::InfoResponse response;
      ExpectOk(
          cluster_.NewIndexStub()->Info(Context().get(), request, &response));
      infos.push_back(response.info());
    }
    return infos;
  }

  // A build waits for the workers that follow the writer; after its restart one
  // may join later.
  void AwaitVersionEverywhere(const std::string& index, int64_t version) {
    EXPECT_TRUE(Eventually([&] {
      const std::vector<v1::IndexInfo> infos = InfoEverywhere(index);
      return std::all_of(
          infos.begin(), infos.end(),
          [&](const v1::IndexInfo& info) { return info.version() == version; });
    })) << "not every worker serves version "
        << version;
  }

  grpc::Status AddVector(const std::string& index, int dim, int id) {
    v1::AddItemRequest request;
    request.set_index(index);
    v1::Item* item = request.add_items();
    item->set_id(id);
    item->set_vector_bytes(BytesOf(RandomVector(dim, id)));
    v1::AddItemResponse response;
    return cluster_.admin()->AddItem(Context().get(), request, &response);
  }

  Cluster cluster_;
};

TEST_F(SettingsRpcTest, CreatedAsAskedAndToldByEveryWorker) {
  v1::CreateIndexRequest request;
  request.set_index("a");
  request.set_dimension(2);
  request.set_metric(v1::METRIC_HAMMING);
  request.set_default_n(7);
  request.set_default_tree_count(-1);
  request.set_seed(5);
  request.set_hamming_layout(v1::HAMMING_LAYOUT_12);
  request.set_prefault(v1::PREFAULT_POPULATE);
  request.set_verbosity(2);
  request.add_feature_names("x");
  request.add_feature_names("y");
  request.set_allow_duplicate_labels(true);
  request.set_build_rules(v1::BUILD_RULES_ANNOY_1_17);
  v1::CreateIndexResponse response;
  ExpectOk(cluster_.admin()->CreateIndex(Context().get(), request, &response));
  for (const v1::IndexInfo& info : InfoEverywhere("a")) {
    EXPECT_EQ(info.default_n(), 7);
    EXPECT_EQ(info.default_tree_count(), -1);
    EXPECT_EQ(info.prefault(), v1::PREFAULT_POPULATE);
    EXPECT_EQ(info.verbosity(), 2);
    ASSERT_EQ(info.feature_names_size(), 2);
    EXPECT_EQ(info.feature_names(1), "y");
    EXPECT_TRUE(info.allow_duplicate_labels());
    EXPECT_EQ(info.build_rules(), v1::BUILD_RULES_ANNOY_1_17);
    EXPECT_EQ(info.next_id(), 0);
    EXPECT_EQ(info.newest_version(), 0);
    EXPECT_EQ(info.kept_versions_size(), 0);
  }
}

TEST_F(SettingsRpcTest, ChangesAreServedWhenAnsweredAndOutliveTheWriter) {
  ExpectOk(CreateIndex(&cluster_, "a", 3, v1::METRIC_ANGULAR));
  ExpectOk(AddRandomItems(&cluster_, "a", 3, 0, 20));
  ExpectOk(Build(&cluster_, "a"));
  v1::UpdateSettingsRequest request;
  request.set_index("a");
  request.set_default_n(4);
  request.set_default_tree_count(3);
  request.set_seed(99);
  request.set_verbosity(-1);
  for (const char* name : {"r", "g", "b"}) {
    request.mutable_feature_names()->add_names(name);
  }
  v1::IndexInfo info;
  ExpectOk(Update(request, &info));
  EXPECT_EQ(info.default_n(), 4);
  // A query that gives no n, on every worker.
  for (int i = 0; i < 6; ++i) {
    v1::GetNnsResponse response;
    ExpectOk(cluster_.NewIndexStub()->GetNns(Context().get(),
                                             ItemQuery("a", 1, 0), &response));
    EXPECT_EQ(response.results(0).ids_size(), 4);
  }
  cluster_.RestartWriter();
  v1::BuildRequest build;
  build.set_index("a");
  std::vector<v1::BuildResponse> responses;
  ExpectOk(Build(&cluster_, build, &responses));
  ASSERT_FALSE(responses.empty());
  EXPECT_EQ(responses.back().result().tree_count(), 3);
  AwaitVersionEverywhere("a", 2);
  for (const v1::IndexInfo& told : InfoEverywhere("a")) {
    EXPECT_EQ(told.seed(), 99);
    EXPECT_EQ(told.verbosity(), -1);
    EXPECT_EQ(told.feature_names_size(), 3);
    EXPECT_EQ(told.version(), 2);
    EXPECT_EQ(told.next_id(), 20);
  }
  // Fields not given stay, a list that is given empty does not.
  v1::UpdateSettingsRequest clear;
  clear.set_index("a");
  clear.mutable_feature_names();
  ExpectOk(Update(clear, &info));
  EXPECT_EQ(info.feature_names_size(), 0);
  EXPECT_EQ(info.default_n(), 4);
}

TEST_F(SettingsRpcTest, ShapeChangesWhileThereAreNoItems) {
  ExpectOk(CreateIndex(&cluster_, "a", 3, v1::METRIC_ANGULAR));
  // Refused for its label, after the journal was begun.
  v1::AddItemRequest twice;
  twice.set_index("a");
  for (int i = 0; i < 2; ++i) {
    v1::Item* item = twice.add_items();
    item->set_label("same");
    item->set_vector_bytes(BytesOf(RandomVector(3, i)));
  }
  v1::AddItemResponse ids;
  EXPECT_EQ(
      cluster_.admin()->AddItem(Context().get(), twice, &ids).error_code(),
      StatusCode::ALREADY_EXISTS);
  v1::UpdateSettingsRequest request;
  request.set_index("a");
  request.set_dimension(5);
  request.set_metric(v1::METRIC_DOT);
  request.set_dot_layout(v1::DOT_LAYOUT_16);
  v1::IndexInfo info;
  ExpectOk(Update(request, &info));
  EXPECT_EQ(info.dimension(), 5);
  EXPECT_EQ(info.metric(), v1::METRIC_DOT);
  ExpectOk(AddRandomItems(&cluster_, "a", 5, 0, 9));
  // Staged items are items.
  request.set_dimension(6);
  const grpc::Status refused = Update(request);
  EXPECT_EQ(refused.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(refused).reason(), "INDEX_NOT_EMPTY");
  cluster_.RestartWriter();
  ExpectOk(Build(&cluster_, "a"));
  AwaitVersionEverywhere("a", 1);
  ExpectOk(Info(&cluster_, "a", &info));
  EXPECT_EQ(info.item_count(), 9);
  EXPECT_EQ(info.layout(), "dot-16");
}

TEST_F(SettingsRpcTest, DuplicateLabelsAreAllowedForGood) {
  ExpectOk(CreateIndex(&cluster_, "a", 2, v1::METRIC_EUCLIDEAN));
  v1::UpdateSettingsRequest request;
  request.set_index("a");
  request.set_allow_duplicate_labels(true);
  ExpectOk(Update(request));
  v1::AddItemRequest twice;
  twice.set_index("a");
  for (int i = 0; i < 2; ++i) {
    v1::Item* item = twice.add_items();
    item->set_label("same");
    item->set_vector_bytes(BytesOf(RandomVector(2, i)));
  }
  v1::AddItemResponse ids;
  ExpectOk(cluster_.admin()->AddItem(Context().get(), twice, &ids));
  request.set_allow_duplicate_labels(false);
  const grpc::Status refused = Update(request);
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT)
      << Describe(refused);
}

TEST_F(SettingsRpcTest, TheFirstItemFixesTheDimension) {
  ExpectOk(CreateIndex(&cluster_, "a", 0, v1::METRIC_EUCLIDEAN));
  v1::GetNnsRequest query = ItemQuery("a", 0, 1);
  v1::GetNnsResponse neighbours;
  grpc::Status status = GetNns(&cluster_, query, &neighbours);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_NOT_BUILT");
  status = Build(&cluster_, "a");
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_EMPTY") << Describe(status);
  // Items that do not agree fix nothing.
  v1::AddItemRequest request;
  request.set_index("a");
  request.add_items()->set_vector_bytes(BytesOf(RandomVector(3, 1)));
  request.add_items()->set_vector_bytes(BytesOf(RandomVector(4, 1)));
  v1::AddItemResponse ids;
  status = cluster_.admin()->AddItem(Context().get(), request, &ids);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("items[1].vector_bytes"),
            std::string::npos)
      << Describe(status);
  request.clear_items();
  request.add_items()->mutable_vector();
  status = cluster_.admin()->AddItem(Context().get(), request, &ids);
  EXPECT_NE(status.error_message().find("0 values"), std::string::npos)
      << Describe(status);
  ExpectOk(AddVector("a", 4, 0));
  for (const v1::IndexInfo& info : InfoEverywhere("a")) {
    EXPECT_EQ(info.dimension(), 4);
  }
  status = AddVector("a", 3, 1);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  cluster_.RestartWriter();
  ExpectOk(AddVector("a", 4, 1));
  ExpectOk(Build(&cluster_, "a"));
  AwaitVersionEverywhere("a", 1);
  ExpectOk(GetNns(&cluster_, query, &neighbours));
  EXPECT_EQ(neighbours.results(0).ids(0), 0);
}

TEST_F(SettingsRpcTest, OfTwoFirstCallsOneFixesTheDimension) {
  for (int round = 0; round < 5; ++round) {
    const std::string index = absl::StrCat("race-", round);
    ExpectOk(CreateIndex(&cluster_, index, 0, v1::METRIC_EUCLIDEAN));
    grpc::Status statuses[2];
    std::thread other([&] { statuses[0] = AddVector(index, 2, 0); });
    statuses[1] = AddVector(index, 3, 1);
    other.join();
    ASSERT_NE(statuses[0].ok(), statuses[1].ok())
        << Describe(statuses[0]) << "; " << Describe(statuses[1]);
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, index, &info));
    EXPECT_EQ(info.dimension(), statuses[0].ok() ? 2 : 3);
    ExpectOk(Build(&cluster_, index));
    ExpectOk(Info(&cluster_, index, &info));
    EXPECT_EQ(info.item_count(), 1);
  }
}

TEST_F(SettingsRpcTest, AStreamFixesTheDimensionToo) {
  ExpectOk(CreateIndex(&cluster_, "a", 0, v1::METRIC_ANGULAR));
  const auto context = Context();
  v1::AddItemsResponse response;
  const auto writer = cluster_.admin()->AddItems(context.get(), &response);
  for (int i = 0; i < 3; ++i) {
    v1::AddItemsRequest request;
    request.set_index("a");
    request.add_items()->set_vector_bytes(BytesOf(RandomVector(6, i)));
    EXPECT_TRUE(writer->Write(request));
  }
  writer->WritesDone();
  ExpectOk(writer->Finish());
  EXPECT_EQ(response.added_count(), 3);
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "a", &info));
  EXPECT_EQ(info.dimension(), 6);
  EXPECT_TRUE(Eventually([&] {
    ExpectOk(Info(&cluster_, "a", &info));
    return info.next_id() == 3;
  }));
}

}  // namespace
}  // namespace annod
