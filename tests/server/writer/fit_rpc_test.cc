// Fit as callers see it: what rows become, in both modes, and the table of
// scikit-plots' fit().
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/fit_rpc_fixture.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using FitRpcTest = FitRpcFixture;

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

TEST_F(FitRpcTest, RowsMayHaveIdsOfTheirOwn) {
  const auto row = [](int id, float x, const std::string& label = "") {
    v1::FitRow row = DenseRow({x, 0}, label);
    row.set_id(id);
    return row;
  };
  ExpectOk(FitRows({row(9, 2, "c"), row(2, 0, "a"), row(5, 1)}));
  EXPECT_EQ(response_.first_id(), 2);
  EXPECT_THAT(Near({0, 0}), ElementsAre("2:a", "5:", "9:c"));
  EXPECT_EQ(InfoNow().item_slot_count(), 10);
  v1::FitOptions options;
  options.set_append(true);
  ExpectOk(FitRows({row(5, 3, "b")}, options));
  EXPECT_THAT(Near({0, 0}), ElementsAre("2:a", "9:c", "5:b"));
  ExpectOk(AddOne(-1, {4, 0}));
  ExpectOk(Build(cluster_, name_));
  EXPECT_THAT(Near({4, 0}), ElementsAre("10:", "5:b", "9:c", "2:a"));

  ExpectField(
      FitRows({row(1, 0), row(3, 0), row(1, 1)}),
      {"rows[2].id is 1, as that of rows[0] is; ids must be different"});
  ExpectField(FitRows({row(1, 0), DenseRow({0, 0})}), {"rows[1].id"});
  ExpectField(FitRows({DenseRow({0, 0}), row(1, 0)}), {"rows[1].id"});
  ExpectField(FitRows({row(-1, 0)}), {"rows[0].id is -1"});
  options.set_start_index(4);
  ExpectField(FitRows({row(1, 0)}, options), {"options.start_index"});
  EXPECT_EQ(InfoNow().item_count(), 4);
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

TEST_F(FitRpcTest, LaterMessagesAreRowsOfTheSameFit) {
  for (const bool other_index : {true, false}) {
    v1::FitRequest first;
    first.set_index(name_);
    *first.add_rows() = DenseRow({1, 2});
    v1::FitRequest second;
    *second.add_rows() = DenseRow({3, 4});
    if (other_index) {
      second.set_index("other");
    } else {
      second.mutable_options()->set_append(true);
    }
    v1::FitResponse response;
    const auto context = Context();
    const auto writer = cluster_->admin()->Fit(context.get(), &response);
    if (writer->Write(first)) writer->Write(second);
    writer->WritesDone();
    ExpectField(writer->Finish(),
                {other_index ? "in the first message of the stream"
                             : "in the first message only"});
  }
  EXPECT_EQ(InfoNow().version(), 0);
}

}  // namespace
}  // namespace annod
