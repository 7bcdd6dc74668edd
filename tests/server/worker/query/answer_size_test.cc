// Answers are bounded like messages that come in.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

void ExpectOk(const grpc::Status& status) {
  EXPECT_TRUE(status.ok()) << Describe(status);
}

TEST(AnswerSizeTest, VectorsCountTowardsTheSizeOfAnAnswer) {
  Cluster small(/*workers=*/1, [](Config* config) {
    config->limits.max_message_bytes = 100000;
  });
  small.StartAll();
  ExpectOk(CreateIndex(&small, "i", 64, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(&small, "i", 64, 0, 300));
  ExpectOk(Build(&small, "i"));
  v1::GetNnsRequest request = ItemQuery("i", 0, 200);
  request.add_queries()->set_item(1);
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&small, request, &response));
  request.set_include_vectors(true);
  const grpc::Status status = GetNns(&small, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("queries[1] makes the answer"));
  v1::GetItemsRequest items;
  items.set_index("i");
  for (int i = 0; i < 400; ++i) items.add_ids(i % 300);
  v1::GetItemsResponse stored;
  EXPECT_EQ(
      small.index()->GetItems(Context().get(), items, &stored).error_code(),
      grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(AnswerSizeTest, ItemsOfOneLabelAreCountedNoFurtherThanAnAnswerGoes) {
  Cluster small(/*workers=*/1, [](Config* config) {
    config->limits.max_message_bytes = 100000;
  });
  small.StartAll();
  v1::CreateIndexRequest create;
  create.set_index("i");
  create.set_dimension(4);
  create.set_metric(v1::METRIC_EUCLIDEAN);
  create.set_allow_duplicate_labels(true);
  v1::CreateIndexResponse created;
  ExpectOk(small.admin()->CreateIndex(Context().get(), create, &created));
  v1::AddItemRequest add;
  add.set_index("i");
  for (int i = 0; i < 300; ++i) {
    v1::Item* item = add.add_items();
    item->set_label("t");
    SetVector(RandomVector(4, i), item->mutable_vector());
  }
  v1::AddItemResponse added;
  ExpectOk(small.admin()->AddItem(Context().get(), add, &added));
  ExpectOk(Build(&small, "i"));
  v1::GetItemsRequest items;
  items.set_index("i");
  for (int i = 0; i < 10000; ++i) items.add_labels("t");
  v1::GetItemsResponse stored;
  const grpc::Status status =
      small.index()->GetItems(Context().get(), items, &stored);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Of 24 bytes, four floats and a label of one letter.
  EXPECT_THAT(status.error_message(),
              HasSubstr("the first 2440 items take 100040 bytes"));
}

}  // namespace
}  // namespace annod
