// What a Fit does to its index beside storing rows: labels, feature names, and
// making the index.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/fit_rpc_fixture.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using FitIndexRpcTest = FitRpcFixture;

TEST_F(FitIndexRpcTest, ALabelBelongsToOneItem) {
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

TEST_F(FitIndexRpcTest, ALabelOfSeveralItemsIsAmbiguousAsAQuery) {
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

TEST_F(FitIndexRpcTest, FeatureNamesGoWithTheVersion) {
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

TEST_F(FitIndexRpcTest, FeatureNamesAreChecked) {
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

TEST_F(FitIndexRpcTest, AnIndexIsCreatedWithTheDimensionOfTheFirstRow) {
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

TEST_F(FitIndexRpcTest, AnIndexThatCannotBeFittedIsNotCreated) {
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

}  // namespace
}  // namespace annod
