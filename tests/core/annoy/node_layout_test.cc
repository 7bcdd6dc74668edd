#include "core/annoy/node_layout.h"

#include <string>

#include "gtest/gtest.h"

namespace annod {
namespace {

struct LayoutCase {
  LayoutKind kind;
  Metric metric;
  int dim;
  const char* name;
  size_t node_bytes, children_offset, vector_offset, vector_bytes;
  int bucket_capacity;
};

TEST(NodeLayoutTest, MatchesTheFormatDocument) {
  const LayoutCase cases[] = {
      {LayoutKind::kAngular12, Metric::kAngular, 7, "angular-12", 40, 4, 12, 28,
       9},
      {LayoutKind::kMinkowski16, Metric::kEuclidean, 7, "minkowski-16", 44, 8,
       16, 28, 9},
      {LayoutKind::kMinkowski16, Metric::kManhattan, 40, "minkowski-16", 176, 8,
       16, 160, 42},
      {LayoutKind::kDot16, Metric::kDot, 7, "dot-16", 44, 4, 16, 28, 10},
      {LayoutKind::kDot24, Metric::kDot, 7, "dot-24", 52, 4, 24, 28, 12},
      {LayoutKind::kHamming16, Metric::kHamming, 65, "hamming-16", 32, 4, 16,
       16, 7},
      {LayoutKind::kHamming12, Metric::kHamming, 64, "hamming-12", 20, 4, 12, 8,
       4},
  };
  for (const LayoutCase& want : cases) {
    const auto layout = MakeNodeLayout(want.kind, want.metric, want.dim);
    ASSERT_TRUE(layout.ok()) << layout.status();
    EXPECT_EQ(LayoutName(want.kind), want.name);
    EXPECT_EQ(layout->kind, want.kind);
    EXPECT_EQ(layout->metric, want.metric);
    EXPECT_EQ(layout->dim, want.dim);
    EXPECT_EQ(layout->node_bytes, want.node_bytes) << want.name;
    EXPECT_EQ(layout->children_offset, want.children_offset) << want.name;
    EXPECT_EQ(layout->vector_offset, want.vector_offset) << want.name;
    EXPECT_EQ(layout->vector_bytes, want.vector_bytes) << want.name;
    EXPECT_EQ(layout->bucket_capacity, want.bucket_capacity) << want.name;
  }
}

TEST(NodeLayoutTest, DimensionOutOfRangeIsInvalid) {
  for (const int dim : {-1, 0, kMaxDim + 1}) {
    const auto layout =
        MakeNodeLayout(LayoutKind::kAngular12, Metric::kAngular, dim);
    EXPECT_EQ(layout.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(layout.status().message()).find(std::to_string(dim)),
              std::string::npos);
  }
}

TEST(NodeLayoutTest, KindMustStoreTheMetric) {
  EXPECT_EQ(
      MakeNodeLayout(LayoutKind::kDot16, Metric::kEuclidean, 3).status().code(),
      absl::StatusCode::kInvalidArgument);
}

TEST(NodeLayoutTest, NewerLayoutsAreTriedFirst) {
  EXPECT_EQ(LayoutsForMetric(Metric::kDot).front(), LayoutKind::kDot24);
  EXPECT_EQ(LayoutsForMetric(Metric::kHamming).front(), LayoutKind::kHamming16);
}

}  // namespace
}  // namespace annod
