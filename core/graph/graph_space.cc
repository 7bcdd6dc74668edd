#include "core/graph/graph_space.h"

#include <algorithm>
#include <cmath>

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

bool GraphSpace::Supports(Metric metric) {
  return metric == Metric::kAngular || metric == Metric::kEuclidean ||
         metric == Metric::kDot;
}

GraphSpace::GraphSpace(const ForestData& forest)
    : metric_(forest.layout.metric),
      forest_dim_(forest.layout.dim),
      dim_(DimOf(forest.layout)) {
  if (metric_ != Metric::kDot) return;
  for (int64_t id = 0; id < forest.slot_count; ++id) {
    const NodeView node = forest.node(id);
    if (node.descendants() != 1) continue;
    const float* vector = node.floats();
    length_ = std::max(length_, Dot(vector, vector, forest_dim_));
  }
  length_ = std::sqrt(length_);
}

void GraphSpace::Item(const ForestData& forest, int32_t id, float* out) const {
  const float* vector = forest.node(id).floats();
  std::copy(vector, vector + forest_dim_, out);
  if (metric_ == Metric::kAngular) Stretch(out, forest_dim_, 1);
  if (metric_ == Metric::kDot) {
    const float squared = Dot(vector, vector, forest_dim_);
    out[forest_dim_] = std::sqrt(std::max(0.0f, length_ * length_ - squared));
  }
}

void GraphSpace::Query(const float* query, float* out) const {
  std::copy(query, query + forest_dim_, out);
  if (metric_ == Metric::kAngular) Stretch(out, forest_dim_, 1);
  if (metric_ == Metric::kDot) {
    Stretch(out, forest_dim_, length_);
    out[forest_dim_] = 0;
  }
}

}  // namespace annod
