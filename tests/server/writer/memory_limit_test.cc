// A server whose processes may each hold a quarter of the vectors stores,
// builds and serves all of them: vectors are in files, and in memory as pages
// of files.
#include <string>

#include "gtest/gtest.h"
#include "tests/core/testing/lowered_limits.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kDim = 4096;
constexpr int kBatch = 128;  // 2 MiB of vectors
constexpr int kBatches = 128;
constexpr int kItems = kBatches * kBatch;
constexpr size_t kDataBytes = size_t{kItems} * kDim * sizeof(float);  // 256 MiB

TEST(MemoryLimitTest, StoresAndBuildsFourTimesItsMemory) {
  Cluster cluster(/*workers=*/1);
  {
    const LoweredLimits limits(kDataBytes / 4);
    cluster.StartWriter();
    cluster.StartWorker(0);
  }
  cluster.AwaitServing();
  grpc::Status status = CreateIndex(&cluster, "a", kDim, v1::METRIC_ANGULAR);
  ASSERT_TRUE(status.ok()) << Describe(status);
  for (int batch = 0; batch < kBatches; ++batch) {
    status = AddRandomItems(&cluster, "a", kDim, batch * kBatch, kBatch);
    ASSERT_TRUE(status.ok()) << batch << ": " << Describe(status);
  }
  v1::BuildRequest request;
  request.set_index("a");
  request.set_tree_count(4);
  request.set_thread_count(2);
  status = Build(&cluster, request, nullptr);
  ASSERT_TRUE(status.ok()) << Describe(status);
  v1::IndexInfo info;
  status = Info(&cluster, "a", &info);
  EXPECT_EQ(info.item_count(), kItems);
  EXPECT_GT(info.forest_bytes(), static_cast<int64_t>(kDataBytes));
  v1::GetNnsResponse response;
  status = GetNns(&cluster, ItemQuery("a", kItems - 1, 1), &response);
  ASSERT_TRUE(status.ok()) << Describe(status);
  EXPECT_EQ(response.results(0).ids(0), kItems - 1);
}

}  // namespace
}  // namespace annod
