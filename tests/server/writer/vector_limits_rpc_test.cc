// Vectors that a metric cannot compare are refused wherever they come in, with
// their place, their value and the limit.
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class VectorLimitsRpcTest : public testing::Test {
 protected:
  VectorLimitsRpcTest() : cluster_(/*workers=*/1) { cluster_.StartAll(); }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  grpc::Status AddItem(const std::vector<float>& vector, bool bytes) {
    v1::AddItemRequest request;
    request.set_index("a");
    request.add_items()->set_id(0);
    SetVector({1, 0}, request.mutable_items(0)->mutable_vector());
    v1::Item* item = request.add_items();
    item->set_id(1);
    if (bytes) {
      item->set_vector_bytes(BytesOf(vector));
    } else {
      SetVector(vector, item->mutable_vector());
    }
    v1::AddItemResponse response;
    return cluster_.admin()->AddItem(Context().get(), request, &response);
  }

  grpc::Status AddItems(const std::vector<float>& vector) {
    v1::AddItemsResponse response;
    const auto context = Context();
    const auto writer = cluster_.admin()->AddItems(context.get(), &response);
    v1::AddItemsRequest request;
    request.set_index("a");
    SetVector(vector, request.add_items()->mutable_vector());
    writer->Write(request);
    writer->WritesDone();
    return writer->Finish();
  }

  grpc::Status Fit(const std::function<void(v1::FitRow*)>& fill) {
    v1::FitResponse response;
    const auto context = Context();
    const auto writer = cluster_.admin()->Fit(context.get(), &response);
    v1::FitRequest request;
    request.set_index("a");
    request.mutable_options()->set_missing_value(0);
    fill(request.add_rows());
    writer->Write(request);
    writer->WritesDone();
    return writer->Finish();
  }

  grpc::Status Query(const std::function<void(v1::Query*)>& fill) {
    v1::GetNnsRequest request;
    request.set_index("a");
    request.set_missing_value(0);
    fill(request.add_queries());
    v1::GetNnsResponse response;
    return GetNns(&cluster_, request, &response);
  }

  static void FillSparse(float value, v1::SparseVector* sparse) {
    sparse->add_positions(1);
    sparse->add_values(value);
  }

  // {0, value} at every door, each refusing it in these words.
  void ExpectRefused(float value, const std::string& what) {
    const std::vector<float> vector = {0, value};
    for (const grpc::Status& status :
         {AddItem(vector, false), AddItem(vector, true), AddItems(vector),
          Fit([&](v1::FitRow* row) {
            SetVector(vector, row->mutable_vector());
          }),
          Fit([&](v1::FitRow* row) { row->set_vector_bytes(BytesOf(vector)); }),
          Fit([&](v1::FitRow* row) {
            FillSparse(value, row->mutable_sparse());
          }),
          Query([&](v1::Query* query) {
            SetVector(vector, query->mutable_vector());
          }),
          Query([&](v1::Query* query) {
            query->set_vector_bytes(BytesOf(vector));
          }),
          Query([&](v1::Query* query) {
            FillSparse(value, query->mutable_sparse());
          })}) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_FIELD");
      EXPECT_THAT(status.error_message(), HasSubstr(what));
    }
  }

  void Drop() {
    v1::DropIndexRequest drop;
    drop.set_index("a");
    v1::DropIndexResponse dropped;
    ExpectOk(cluster_.admin()->DropIndex(Context().get(), drop, &dropped));
  }

  Cluster cluster_;
};

TEST_F(VectorLimitsRpcTest, LengthsAreLimitedForEveryMetric) {
  for (const v1::Metric metric : {v1::METRIC_ANGULAR, v1::METRIC_EUCLIDEAN,
                                  v1::METRIC_MANHATTAN, v1::METRIC_DOT}) {
    SCOPED_TRACE(v1::Metric_Name(metric));
    ExpectOk(CreateIndex(&cluster_, "a", 2, metric));
    ExpectOk(AddItem({0, 1}, false));
    ExpectOk(Build(&cluster_, "a"));
    ExpectRefused(1e20f,
                  "of length 1e+20; it must be of length 0 or from "
                  "1e-18 to 9e+18");
    ExpectRefused(-1e-30f, "of length 1e-30;");
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, "a", &info));
    EXPECT_EQ(info.staged_item_count(), 0);
    ExpectOk(AddItem({0, 9e18f}, true));
    ExpectOk(AddItem({0, 1.1e-18f}, false));
    Drop();
  }
}

TEST_F(VectorLimitsRpcTest, HammingTakesBitsOnly) {
  ExpectOk(CreateIndex(&cluster_, "a", 2, v1::METRIC_HAMMING));
  ExpectOk(AddItem({0, 1}, false));
  ExpectOk(Build(&cluster_, "a"));
  ExpectRefused(0.7f, "is 0.7; it must be 0 or 1 for hamming");
  ExpectRefused(63, "is 63; it must be 0 or 1 for hamming");
}

TEST_F(VectorLimitsRpcTest, StagedItemsHaveRightDistances) {
  ExpectOk(CreateIndex(&cluster_, "a", 2, v1::METRIC_ANGULAR));
  v1::AddItemRequest request;
  request.set_index("a");
  const std::vector<std::vector<float>> vectors = {
      {1e10f, 0}, {1e10f, 1e3f}, {0, 1e10f}, {1e-12f, 0}};
  for (size_t i = 0; i < vectors.size(); ++i) {
    request.add_items()->set_id(static_cast<int>(i));
    SetVector(vectors[i],
              request.mutable_items(static_cast<int>(i))->mutable_vector());
  }
  v1::AddItemResponse added;
  ExpectOk(cluster_.admin()->AddItem(Context().get(), request, &added));
  v1::GetNnsRequest query = ItemQuery("a", 0, 4);
  query.set_include_distances(true);
  query.set_include_staged(true);
  for (const bool built : {false, true}) {
    if (built) ExpectOk(Build(&cluster_, "a"));
    v1::GetNnsResponse response;
    ExpectOk(GetNns(&cluster_, query, &response));
    const v1::NeighborList& list = response.results(0);
    EXPECT_THAT(list.ids(), testing::ElementsAre(0, 3, 1, 2));
    EXPECT_EQ(list.distances(0), 0);
    EXPECT_EQ(list.distances(1), 0);
    EXPECT_NEAR(list.distances(2), 1e-7, 1e-12);
  }
}

}  // namespace
}  // namespace annod
