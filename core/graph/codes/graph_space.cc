#include "core/graph/codes/graph_space.h"

#include <algorithm>
#include <cmath>

#include "absl/types/span.h"
#include "core/annoy/hamming_bits.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

// Scales `count` components to `length`; zeros stay.
void Stretch(float* vector, int count, float length) {
  const float norm = std::sqrt(Dot(vector, vector, count));
  if (!(norm > 0)) return;
  const float factor = length / norm;
  for (int i = 0; i < count; ++i) vector[i] *= factor;
}

}  // namespace

float GraphSpace::LengthOf(const ForestData& forest) {
  if (forest.layout.metric != Metric::kDot) return 0;
  float longest = 0;
  for (int64_t id = 0; id < forest.slot_count; ++id) {
    const NodeView node = forest.node(id);
    if (node.descendants() != 1) continue;
    const float* vector = node.floats();
    longest = std::max(longest, Dot(vector, vector, forest.layout.dim));
  }
  return std::sqrt(longest);
}

void GraphSpace::Item(const ForestData& forest, int32_t id, float* out) const {
  const NodeView node = forest.node(id);
  if (metric_ == Metric::kHamming) {
    UnpackBits(node.words(), absl::MakeSpan(out, forest_dim_));
    return;
  }
  const float* vector = node.floats();
  std::copy(vector, vector + forest_dim_, out);
  if (metric_ == Metric::kAngular) Stretch(out, forest_dim_, 1);
  if (metric_ == Metric::kDot) {
    const float squared = Dot(vector, vector, forest_dim_);
    out[forest_dim_] = std::sqrt(std::max(0.0f, length_ * length_ - squared));
  }
}

void GraphSpace::Query(const annod::Query& query, float* out) const {
  if (metric_ == Metric::kHamming) {
    UnpackBits(query.words, absl::MakeSpan(out, forest_dim_));
    return;
  }
  std::copy(query.floats, query.floats + forest_dim_, out);
  if (metric_ == Metric::kAngular) Stretch(out, forest_dim_, 1);
  if (metric_ == Metric::kDot) {
    out[forest_dim_] = 0;
  }
}

}  // namespace annod
