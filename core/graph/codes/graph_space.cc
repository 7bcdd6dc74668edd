#include "core/graph/codes/graph_space.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/types/span.h"
#include "core/annoy/hamming_bits.h"
#include "core/forest/random.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

// The longest items that may be kept apart, if they are so many times as long
// as the next one.
constexpr size_t kMostApart = 64;
constexpr float kApartRatio = 4;

// Scales `count` components to length 1; false if all are zero.
bool Normalise(float* vector, int count) {
  const float norm = std::sqrt(Dot(vector, vector, count));
  if (!(norm > 0)) return false;
  const float factor = 1 / norm;
  for (int i = 0; i < count; ++i) vector[i] *= factor;
  return true;
}

// A vector of length 1, another for each number.
void DrawDirection(int32_t number, float* vector, int count) {
  const float component = 1 / std::sqrt(static_cast<float>(count));
  Kiss64 random(TreeSeed(/*seed=*/0, static_cast<uint64_t>(number)));
  for (int i = 0; i < count; ++i) {
    vector[i] = random.Flip() ? component : -component;
  }
}

void Subtract(absl::Span<const float> middle, const float* vector, float* out) {
  for (size_t i = 0; i < middle.size(); ++i) out[i] = vector[i] - middle[i];
}

// Calls `use` with the vectors of all items but those left out.
template <typename LeftOut, typename Use>
void ForEachVector(const ForestData& forest, const LeftOut& left_out,
                   const Use& use) {
  for (int64_t id = 0; id < forest.slot_count; ++id) {
    const NodeView node = forest.node(id);
    if (node.descendants() != 1 || left_out(static_cast<int32_t>(id))) continue;
    use(node.floats());
  }
}

template <typename LeftOut>
std::vector<float> MiddleOf(const ForestData& forest, const LeftOut& left_out) {
  std::vector<double> sums(forest.layout.dim);
  double count = 0;
  ForEachVector(forest, left_out, [&](const float* vector) {
    ++count;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += vector[i];
  });
  std::vector<float> middle(sums.size());
  for (size_t i = 0; i < sums.size() && count > 0; ++i) {
    middle[i] = static_cast<float>(sums[i] / count);
  }
  return middle;
}

}  // namespace

GraphSpace::Lengths GraphSpace::LengthsOf(const ForestData& forest) {
  if (forest.layout.metric != Metric::kDot) return {};
  // Negative lengths, the longest first; a heap with the shortest on top.
  std::vector<std::pair<float, int32_t>> longest;
  for (int64_t id = 0; id < forest.slot_count; ++id) {
    const NodeView node = forest.node(id);
    if (node.descendants() != 1) continue;
    const float* const vector = node.floats();
    const float length = std::sqrt(Dot(vector, vector, forest.layout.dim));
    const std::pair<float, int32_t> one(-length, static_cast<int32_t>(id));
    if (longest.size() > kMostApart) {
      if (!(one < longest.front())) continue;
      std::pop_heap(longest.begin(), longest.end());
      longest.pop_back();
    }
    longest.push_back(one);
    std::push_heap(longest.begin(), longest.end());
  }
  std::sort_heap(longest.begin(), longest.end());
  Lengths lengths;
  if (longest.empty()) return lengths;
  const float limit =
      longest.size() > kMostApart ? kApartRatio * longest.back().first : 0;
  size_t k = 0;
  for (; limit < 0 && longest[k].first < limit; ++k) {
    lengths.apart.push_back(longest[k].second);
  }
  std::sort(lengths.apart.begin(), lengths.apart.end());
  const auto is_apart = [&lengths](int32_t id) {
    return std::binary_search(lengths.apart.begin(), lengths.apart.end(), id);
  };
  lengths.middle = MiddleOf(forest, is_apart);
  const size_t dim = lengths.middle.size();
  float most = 0;
  std::vector<float> away(dim);
  ForEachVector(forest, is_apart, [&](const float* vector) {
    Subtract(lengths.middle, vector, away.data());
    most = std::max(most, Dot(away.data(), away.data(), dim));
  });
  lengths.longest = std::sqrt(most);
  return lengths;
}

void GraphSpace::Item(const ForestData& forest, int32_t id, float* out) const {
  const NodeView node = forest.node(id);
  if (metric_ == Metric::kHamming) {
    UnpackBits(node.words(), absl::MakeSpan(out, forest_dim_));
    return;
  }
  const float* vector = node.floats();
  std::copy(vector, vector + forest_dim_, out);
  if (metric_ == Metric::kAngular && !Normalise(out, forest_dim_)) {
    DrawDirection(id, out, forest_dim_);
  }
  if (metric_ == Metric::kDot) {
    const float length = lengths_->longest;
    Subtract(lengths_->middle, vector, out);
    const float squared = Dot(out, out, forest_dim_);
    out[forest_dim_] = std::sqrt(std::max(0.0f, length * length - squared));
  }
  if (turn_.active()) turn_.Apply(out);
}

void GraphSpace::Query(const annod::Query& query, float* out) const {
  if (metric_ == Metric::kHamming) {
    UnpackBits(query.words, absl::MakeSpan(out, forest_dim_));
    return;
  }
  std::copy(query.floats, query.floats + forest_dim_, out);
  if (metric_ == Metric::kAngular) Normalise(out, forest_dim_);
  if (metric_ == Metric::kDot) {
    out[forest_dim_] = 0;
  }
  if (turn_.active()) turn_.Apply(out);
}

}  // namespace annod
