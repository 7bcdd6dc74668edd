// Metrics of an index go with it and begin anew with one of its name.
#include <string>

#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

TEST(DroppedMetricsRpcTest, CountersGoWithTheIndexAndBeginAnew) {
  Cluster cluster(/*workers=*/1);
  cluster.StartAll();
  const LabelPairs labels = {{"index", "a"}};
  const auto ask = [&](int times) {
    EXPECT_TRUE(CreateIndex(&cluster, "a", 4, v1::METRIC_EUCLIDEAN).ok());
    EXPECT_TRUE(AddRandomItems(&cluster, "a", 4, 0, 10).ok());
    EXPECT_TRUE(Build(&cluster, "a").ok());
    v1::GetNnsResponse response;
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(GetNns(&cluster, ItemQuery("a", 1, 3), &response).ok());
    }
  };
  const auto drop = [&] {
    v1::DropIndexRequest request;
    request.set_index("a");
    v1::DropIndexResponse response;
    EXPECT_TRUE(
        cluster.admin()->DropIndex(Context().get(), request, &response).ok());
  };
  const auto queries = [&] {
    return cluster.Metric("annod_queries_total", labels);
  };
  const auto added = [&] {
    return cluster.Metric("annod_items_added_total", labels);
  };
  ask(3);
  EXPECT_TRUE(Eventually([&] { return queries() == 3; }));
  EXPECT_TRUE(Eventually([&] { return added() == 10; }));
  EXPECT_GT(cluster.Metric("annod_index_create_time_seconds", labels), 1e9);
  drop();
  EXPECT_TRUE(Eventually([&] { return queries() == 0; }));
  EXPECT_TRUE(Eventually([&] { return added() == 0; }));
  cluster.ExpectMetric("annod_index_create_time_seconds", labels, 0);
  ask(2);
  EXPECT_TRUE(Eventually([&] { return queries() == 2; }));
  EXPECT_TRUE(Eventually([&] { return added() == 10; }));
  drop();
}

}  // namespace
}  // namespace annod
