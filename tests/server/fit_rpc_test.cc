// Fit as callers see it: what rows become, in both modes, and the table of
// scikit-plots' fit().
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FitRpcTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/2);
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  FitRpcTest()
      : name_(testing::UnitTest::GetInstance()->current_test_info()->name()) {
    ExpectOk(CreateIndex(cluster_, name_, 2, v1::METRIC_EUCLIDEAN));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }
  static void ExpectField(const grpc::Status& status,
                          const std::vector<std::string>& parts) {
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT)
        << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_FIELD");
    for (const std::string& part : parts) {
      EXPECT_THAT(status.error_message(), HasSubstr(part));
    }
  }

  grpc::Status FitRows(const std::vector<v1::FitRow>& rows,
                       const v1::FitOptions& options = {}) {
    response_.Clear();
    return Fit(cluster_, name_, rows, options, &response_);
  }
  v1::IndexInfo InfoNow() {
    v1::IndexInfo info;
    ExpectOk(Info(cluster_, name_, &info));
    return info;
  }
  grpc::Status AddOne(int id, const std::vector<float>& vector,
                      const std::string& label = "") {
    v1::AddItemRequest request;
    request.set_index(name_);
    v1::Item* item = request.add_items();
    if (id >= 0) item->set_id(id);
    SetVector(vector, item->mutable_vector());
    item->set_label(label);
    v1::AddItemResponse response;
    return cluster_->admin()->AddItem(Context().get(), request, &response);
  }
  // "id:label" of all items by distance from `vector`.
  std::vector<std::string> Near(const std::vector<float>& vector) {
    v1::GetNnsRequest request;
    request.set_index(name_);
    request.set_n(100);
    request.set_engine(v1::ENGINE_EXACT);
    request.set_include_labels(true);
    SetVector(vector, request.add_queries()->mutable_vector());
    v1::GetNnsResponse response;
    ExpectOk(GetNns(cluster_, request, &response));
    std::vector<std::string> found;
    if (response.results().empty()) return found;
    for (int i = 0; i < response.results(0).ids_size(); ++i) {
      found.push_back(absl::StrCat(response.results(0).ids(i), ":",
                                   response.results(0).labels(i)));
    }
    return found;
  }

  static Cluster* cluster_;
  const std::string name_;
  v1::FitResponse response_;
};

Cluster* FitRpcTest::cluster_ = nullptr;

TEST_F(FitRpcTest, RowsAnswerOnEveryWorkerWhenFitReturns) {
  ExpectOk(FitRows(
      {DenseRow({0, 0}, "origin"), DenseRow({1, 0}), DenseRow({5, 0}, "far")}));
  EXPECT_EQ(response_.row_count(), 3);
  EXPECT_EQ(response_.first_id(), 0);
  EXPECT_EQ(response_.result().version(), 1);
  EXPECT_EQ(response_.result().item_count(), 3);
  EXPECT_GT(response_.result().forest_bytes(), 0);
  for (int i = 0; i < 6; ++i) {
    v1::GetNnsResponse answer;
    ExpectOk(cluster_->NewIndexStub()->GetNns(Context().get(),
                                              ItemQuery(name_, 2, 1), &answer));
    EXPECT_EQ(answer.version(), 1);
  }
  EXPECT_THAT(Near({0, 0}), ElementsAre("0:origin", "1:", "2:far"));
}

TEST_F(FitRpcTest, BuildParametersAreThoseOfBuild) {
  v1::FitOptions options;
  options.mutable_build()->set_tree_count(7);
  options.mutable_build()->set_seed(99);
  ExpectOk(FitRows({DenseRow({0, 0}), DenseRow({1, 0})}, options));
  EXPECT_EQ(response_.result().tree_count(), 7);
  EXPECT_EQ(InfoNow().tree_count(), 7);
  EXPECT_EQ(InfoNow().seed(), 99u);
  options.mutable_build()->set_tree_count(-2);
  ExpectField(FitRows({DenseRow({0, 0})}, options), {"tree_count is -2"});
}

TEST_F(FitRpcTest, WithoutAppendTheRowsReplaceVersionAndStaging) {
  ExpectOk(AddOne(0, {0, 0}, "built"));
  ExpectOk(AddOne(500, {1, 0}, "built too"));
  ExpectOk(Build(cluster_, name_));
  ExpectOk(AddOne(1, {2, 0}, "staged"));
  ExpectOk(FitRows({DenseRow({3, 0}, "staged"), DenseRow({4, 0})}));
  EXPECT_EQ(response_.first_id(), 0);
  EXPECT_THAT(Near({3, 0}), ElementsAre("0:staged", "1:"));
  EXPECT_EQ(InfoNow().item_slot_count(), 2);
  EXPECT_TRUE(Eventually([&] { return InfoNow().staged_item_count() == 0; }));
  // Ids start behind the rows again.
  ExpectOk(AddOne(-1, {5, 0}));
  ExpectOk(Build(cluster_, name_));
  EXPECT_THAT(Near({3, 0}), ElementsAre("0:staged", "1:", "2:"));
}

TEST_F(FitRpcTest, AppendKeepsVersionAndStaging) {
  ExpectOk(AddOne(0, {0, 0}, "built"));
  ExpectOk(Build(cluster_, name_));
  ExpectOk(AddOne(3, {1, 0}, "staged"));
  v1::FitOptions options;
  options.set_append(true);
  ExpectOk(FitRows({DenseRow({2, 0}, "row"), DenseRow({3, 0})}, options));
  EXPECT_EQ(response_.first_id(), 4);
  EXPECT_THAT(Near({0, 0}), ElementsAre("0:built", "3:staged", "4:row", "5:"));
  EXPECT_TRUE(Eventually([&] { return InfoNow().staged_item_count() == 0; }));
}

TEST_F(FitRpcTest, StartIndexLeavesHolesAndReplacesWhatIsThere) {
  v1::FitOptions options;
  options.set_start_index(3);
  ExpectOk(FitRows({DenseRow({0, 0}, "a"), DenseRow({1, 0}, "b")}, options));
  EXPECT_EQ(response_.first_id(), 3);
  EXPECT_EQ(InfoNow().item_slot_count(), 5);
  EXPECT_EQ(InfoNow().item_count(), 2);
  options.set_append(true);
  options.set_start_index(4);
  ExpectOk(FitRows({DenseRow({7, 0}, "c"), DenseRow({9, 0}, "b")}, options));
  EXPECT_THAT(Near({0, 0}), ElementsAre("3:a", "4:c", "5:b"));
}

TEST_F(FitRpcTest, StartIndexHasBounds) {
  v1::FitOptions options;
  options.set_start_index(-1);
  ExpectField(FitRows({DenseRow({0, 0})}, options),
              {"options.start_index is -1", "[0, 2147483646]"});
  options.set_start_index(2147483646);
  ExpectField(FitRows({DenseRow({0, 0}), DenseRow({0, 0})}, options),
              {"options.start_index is 2147483646", "[0, 2147483645]"});
  // An id that would waste nearly all the storage.
  ExpectField(FitRows({DenseRow({0, 0})}, options),
              {"2147483646 is too large", "1 items"});
  EXPECT_EQ(InfoNow().version(), 0);
}

TEST_F(FitRpcTest, NoRowsAreRefused) {
  ExpectField(FitRows({}), {"no row", "Build"});
}

TEST_F(FitRpcTest, EveryWrongRowIsNamed) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const v1::FitRow good = DenseRow({1, 2});
  ExpectField(FitRows({good, DenseRow({1, 2, 3})}),
              {"rows[1].vector has 3 values", "dimension 2"});
  ExpectField(FitRows({good, DenseRow({1, nan})}),
              {"rows[1].vector.values[1] is nan", "finite"});
  ExpectField(FitRows({good, good, DenseRow({inf, 1})}),
              {"rows[2].vector.values[0] is inf"});
  v1::FitRow bytes;
  bytes.set_vector_bytes("1234567");
  ExpectField(FitRows({bytes}), {"rows[0].vector_bytes has 7 bytes"});
  bytes.set_vector_bytes(BytesOf({1, inf}));
  ExpectField(FitRows({bytes}), {"rows[0].vector_bytes[4..7]", "inf"});
  ExpectField(FitRows({good, v1::FitRow()}), {"rows[1].data is not set"});
  ExpectField(FitRows({DenseRow({1, 2}, std::string(1025, 'x'))}),
              {"rows[0].label", "1025 bytes"});
  ExpectField(FitRows({SparseRow({0, 1}, {1})}),
              {"rows[0].sparse has 2 positions and 1 values"});
  ExpectField(FitRows({SparseRow({0, 2}, {1, 2})}),
              {"rows[0].sparse.positions[1] is 2", "[0, 1]"});
  ExpectField(FitRows({SparseRow({-1, 0}, {1, 2})}),
              {"rows[0].sparse.positions[0] is -1"});
  ExpectField(FitRows({SparseRow({1, 1}, {1, 2})}),
              {"rows[0].sparse.positions[1] is 1", "different"});
  ExpectField(FitRows({SparseRow({1, 0}, {1, nan})}),
              {"rows[0].sparse.values[1]", "position 0", "nan"});
  EXPECT_EQ(InfoNow().version(), 0);
}

TEST_F(FitRpcTest, RowsAreCountedOverAllMessages) {
  FitStream stream(cluster_, name_);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(stream.Send({1, 2}));
  stream.Send({1});
  ExpectField(stream.Finish(), {"rows[5].vector has 1 values"});
}

TEST_F(FitRpcTest, MissingComponentsTakeTheMissingValue) {
  v1::FitOptions options;
  options.set_missing_value(-3);
  ExpectOk(FitRows({DenseRow({0, 0}), SparseRow({1}, {4}, "second"),
                    SparseRow({}, {}, "none"), SparseRow({1, 0}, {8, 9})},
                   options));
  EXPECT_EQ(Near({-3, 4})[0], "1:second");
  v1::GetNnsRequest request = ItemQuery(name_, 1, 4);
  request.set_include_distances(true);
  v1::GetNnsResponse response;
  ExpectOk(GetNns(cluster_, request, &response));
  // (-3, 4) to (0, 0) is 5, to (-3, -3) is 7.
  EXPECT_THAT(response.results(0).ids(), ElementsAre(1, 0, 2, 3));
  EXPECT_EQ(response.results(0).distances(1), 5);
  EXPECT_EQ(response.results(0).distances(2), 7);
}

TEST_F(FitRpcTest, WithoutMissingValueAMissingComponentIsRefused) {
  ExpectField(FitRows({DenseRow({0, 0}), SparseRow({1}, {4})}),
              {"rows[1].sparse has no component 0 of 2", "missing_value"});
  // All components are there: nothing is missing.
  ExpectOk(FitRows({SparseRow({1, 0}, {4, 3})}));
  v1::FitOptions options;
  options.set_missing_value(std::numeric_limits<float>::quiet_NaN());
  ExpectField(FitRows({DenseRow({0, 0})}, options),
              {"options.missing_value is nan"});
  // A NaN is no missing component.
  options.set_missing_value(0);
  ExpectField(FitRows({DenseRow({std::numeric_limits<float>::quiet_NaN(), 1})},
                      options),
              {"rows[0].vector.values[0] is nan"});
}

TEST_F(FitRpcTest, ALabelBelongsToOneItem) {
  const grpc::Status twice = FitRows(
      {DenseRow({0, 0}, "a"), DenseRow({1, 0}, "b"), DenseRow({2, 0}, "a")});
  EXPECT_EQ(twice.error_code(), StatusCode::ALREADY_EXISTS) << Describe(twice);
  EXPECT_EQ(ErrorInfoOf(twice).reason(), "LABEL_TAKEN");
  EXPECT_THAT(twice.error_message(), HasSubstr("rows[2].label"));
  EXPECT_THAT(twice.error_message(), HasSubstr("rows[0]"));
  ExpectOk(AddOne(7, {0, 0}, "c"));
  v1::FitOptions options;
  options.set_append(true);
  options.set_start_index(0);
  const grpc::Status taken = FitRows({DenseRow({0, 0}, "c")}, options);
  EXPECT_EQ(ErrorInfoOf(taken).reason(), "LABEL_TAKEN") << Describe(taken);
  EXPECT_THAT(taken.error_message(), HasSubstr("item id 7"));
  EXPECT_EQ(InfoNow().version(), 0);
  // Replacing the item that has it is no conflict.
  options.set_start_index(7);
  ExpectOk(FitRows({DenseRow({0, 0}, "c")}, options));
}

TEST_F(FitRpcTest, ALabelOfSeveralItemsIsAmbiguousAsAQuery) {
  v1::FitOptions options;
  options.mutable_create()->set_metric(v1::METRIC_EUCLIDEAN);
  options.mutable_create()->set_allow_duplicate_labels(true);
  const std::string name = "duplicates";
  ExpectOk(Fit(cluster_, name,
               {DenseRow({0, 0}, "a"), DenseRow({1, 0}, "a"),
                DenseRow({3, 0}, "b"), DenseRow({9, 0})},
               options));
  v1::GetNnsRequest request;
  request.set_index(name);
  request.set_n(4);
  request.set_include_labels(true);
  request.add_queries()->set_label("b");
  v1::GetNnsResponse response;
  ExpectOk(GetNns(cluster_, request, &response));
  EXPECT_THAT(response.results(0).ids(), ElementsAre(2, 1, 0, 3));
  EXPECT_THAT(response.results(0).labels(), ElementsAre("b", "a", "a", ""));
  request.mutable_queries(0)->set_label("a");
  const grpc::Status ambiguous = GetNns(cluster_, request, &response);
  EXPECT_EQ(ambiguous.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(ambiguous).reason(), "LABEL_AMBIGUOUS")
      << Describe(ambiguous);
  EXPECT_THAT(ambiguous.error_message(), HasSubstr("2 items"));
  request.mutable_queries(0)->set_label("c");
  EXPECT_EQ(ErrorInfoOf(GetNns(cluster_, request, &response)).reason(),
            "LABEL_NOT_FOUND");
}

TEST_F(FitRpcTest, FeatureNamesGoWithTheVersion) {
  v1::FitOptions options;
  *options.add_feature_names() = "width";
  *options.add_feature_names() = "height";
  ExpectOk(FitRows({DenseRow({0, 0})}, options));
  EXPECT_THAT(InfoNow().feature_names(), ElementsAre("width", "height"));
  // They stay where none are given, also through a plain build.
  ExpectOk(FitRows({DenseRow({1, 1})}));
  ExpectOk(AddOne(5, {1, 2}));
  ExpectOk(Build(cluster_, name_));
  EXPECT_THAT(InfoNow().feature_names(), ElementsAre("width", "height"));
  // Appended rows must have the same.
  options.set_append(true);
  ExpectOk(FitRows({DenseRow({2, 2})}, options));
  *options.mutable_feature_names(1) = "depth";
  ExpectField(FitRows({DenseRow({3, 3})}, options),
              {"options.feature_names", "name 1 is 'depth'", "'height'"});
  options.set_append(false);
  ExpectOk(FitRows({DenseRow({3, 3})}, options));
  EXPECT_THAT(InfoNow().feature_names(), ElementsAre("width", "depth"));
}

TEST_F(FitRpcTest, FeatureNamesAreChecked) {
  v1::FitOptions options;
  *options.add_feature_names() = "a";
  ExpectField(FitRows({DenseRow({0, 0})}, options),
              {"options.feature_names", "1 names", "dimension is 2"});
  *options.add_feature_names() = "a";
  ExpectField(FitRows({DenseRow({0, 0})}, options),
              {"options.feature_names", "'a' is there twice"});
  *options.mutable_feature_names(1) = "b\n";
  ExpectField(FitRows({DenseRow({0, 0})}, options), {"control characters"});
  EXPECT_EQ(InfoNow().feature_names_size(), 0);
}

TEST_F(FitRpcTest, AnIndexIsCreatedWithTheDimensionOfTheFirstRow) {
  v1::FitOptions options;
  options.mutable_create()->set_metric(v1::METRIC_ANGULAR);
  options.mutable_create()->set_default_tree_count(3);
  for (const char* name : {"x", "y", "z"}) *options.add_feature_names() = name;
  const std::string name = "created";
  v1::FitResponse response;
  ExpectOk(Fit(cluster_, name, {DenseRow({1, 0, 0}, "a"), DenseRow({0, 1, 0})},
               options, &response));
  EXPECT_EQ(response.result().version(), 1);
  v1::IndexInfo info;
  ExpectOk(Info(cluster_, name, &info));
  EXPECT_EQ(info.dimension(), 3);
  EXPECT_EQ(info.metric(), v1::METRIC_ANGULAR);
  EXPECT_EQ(info.tree_count(), 3);
  EXPECT_EQ(info.item_count(), 2);
  EXPECT_THAT(info.feature_names(), ElementsAre("x", "y", "z"));
  // It is an index like any other.
  ExpectOk(AddRandomItems(cluster_, name, 3, 2, 1));
  ExpectOk(Build(cluster_, name));
  ExpectOk(Info(cluster_, name, &info));
  EXPECT_EQ(info.item_count(), 3);
  // Its settings are not those of the next call.
  options.mutable_create()->set_metric(v1::METRIC_DOT);
  ExpectOk(Fit(cluster_, name, {DenseRow({1, 0, 0})}, options));
  ExpectOk(Info(cluster_, name, &info));
  EXPECT_EQ(info.metric(), v1::METRIC_ANGULAR);
}

TEST_F(FitRpcTest, AnIndexThatCannotBeFittedIsNotCreated) {
  v1::FitOptions options;
  const auto absent = [&](const grpc::Status& status) {
    EXPECT_FALSE(status.ok());
    v1::IndexInfo info;
    const grpc::Status found = Info(cluster_, "absent", &info);
    EXPECT_EQ(ErrorInfoOf(found).reason(), "INDEX_NOT_FOUND");
    return status;
  };
  EXPECT_EQ(
      ErrorInfoOf(absent(Fit(cluster_, "absent", {DenseRow({1})}, options)))
          .reason(),
      "INDEX_NOT_FOUND");
  options.mutable_create()->set_dimension(0);
  ExpectField(absent(Fit(cluster_, "absent", {DenseRow({1})}, options)),
              {"metric"});
  options.mutable_create()->set_metric(v1::METRIC_DOT);
  ExpectField(absent(Fit(cluster_, "absent", {SparseRow({0}, {1})}, options)),
              {"rows[0] is sparse"});
  ExpectField(absent(Fit(cluster_, "absent", {v1::FitRow()}, options)),
              {"components of rows[0] is 0"});
  ExpectField(absent(Fit(cluster_, "absent", {DenseRow({1, 2}), DenseRow({1})},
                         options)),
              {"rows[1].vector has 1 values"});
  ExpectField(absent(Fit(cluster_, "absent", {}, options)), {"no row"});
  const grpc::Status labels = absent(Fit(
      cluster_, "absent", {DenseRow({1}, "a"), DenseRow({2}, "a")}, options));
  EXPECT_EQ(ErrorInfoOf(labels).reason(), "LABEL_TAKEN") << Describe(labels);
  ExpectOk(Fit(cluster_, "absent", {DenseRow({1})}, options));
}

TEST_F(FitRpcTest, TheStreamMustKeepItsWord) {
  FitStream few(cluster_, name_);
  few.Send({1, 2});
  ExpectField(few.Finish(/*row_count=*/2),
              {"row_count is 2", "the stream had 1 rows"});
  FitStream many(cluster_, name_);
  many.Send({1, 2});
  many.Send({1, 2});
  ExpectField(many.Finish(/*row_count=*/1), {"row_count is 1"});
  EXPECT_EQ(InfoNow().version(), 0);
  FitStream right(cluster_, name_);
  right.Send({1, 2});
  ExpectOk(right.Finish(/*row_count=*/1));
  FitStream silent(cluster_, name_);
  silent.Send({1, 2});
  ExpectOk(silent.Finish());
}

}  // namespace
}  // namespace annod
