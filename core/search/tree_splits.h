#ifndef ANNOD_CORE_SEARCH_TREE_SPLITS_H_
#define ANNOD_CORE_SEARCH_TREE_SPLITS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/base/attributes.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/hamming_bits.h"
#include "core/annoy/node_fields.h"
#include "core/annoy/node_view.h"
#include "core/search/ordered_key.h"
#include "core/search/query.h"
#include "core/simd/distance.h"
#include "core/simd/prefetch.h"

namespace annod {

// How searches see the splits of a forest (docs/format.md): one class for each
// way to split, chosen once for a search by WithSplits().

// Priorities of the children of a split, as ordered integers, and the side that
// the query is on: priorities are often equal.
struct ChildPriorities {
  uint32_t side[2];
  int near;
};

// Splits by a plane. A child keeps the smallest margin on the way to it, so
// roots start at infinity. Items of dot have a component more than queries, in
// which answers lie where that of the query is `lift` times its length.
template <LayoutKind kKind>
class PlaneSplits {
 public:
  PlaneSplits(const ForestData& forest, const Query& query, float lift)
      : dot_(Kernels().dot), query_(query.floats), dim_(forest.layout.dim) {
    if (lift != 0) {
      lifted_ = lift * std::sqrt(dot_(query_, query_, dim_));
    }
  }

  static uint32_t root_priority() {
    return OrderedBits(std::numeric_limits<float>::infinity());
  }

  ChildPriorities Evaluate(NodeView node, uint32_t priority) const {
    const float margin = Constant(node) + dot_(node.floats(), query_, dim_);
    const float inherited = FromOrderedBits(priority);
    // std::min returns its first argument if the second is not a number.
    return {{OrderedBits(std::min(inherited, -margin)),
             OrderedBits(std::min(inherited, margin))},
            margin > 0 ? 1 : 0};
  }

 private:
  float Constant(NodeView node) const {
    if (kKind == LayoutKind::kMinkowski16) {
      return LoadField<float>(node.data(), PlaneOffsetOffset(sizeof(int32_t)));
    }
    if (kKind == LayoutKind::kMinkowski32) {
      return LoadField<float>(node.data(), PlaneOffsetOffset(sizeof(int64_t)));
    }
    // The release that wrote this layout took the dot factor of the query for
    // that of the plane. Its answers depend on it.
    if (kKind == LayoutKind::kDot16) {
      return node.dot_factor() * node.dot_factor();
    }
    if (kKind == LayoutKind::kDot24 || kKind == LayoutKind::kDot36) {
      return lifted_ == 0 ? 0 : lifted_ * node.dot_factor();
    }
    return 0;
  }

  float (*const dot_)(const float*, const float*, size_t);
  const float* const query_;
  const size_t dim_;
  float lifted_ = 0;
};

// Splits by one bit. A child loses a point for each bit on the way that the
// query does not share.
class BitSplits {
 public:
  BitSplits(const ForestData& forest, const Query& query)
      : query_(query.words), positions_(forest.layout.vector_bytes * 8) {}

  static uint32_t root_priority() { return 0xffffffffu; }

  ChildPriorities Evaluate(NodeView node, uint32_t priority) const {
    const uint64_t position = node.split_position();
    if (position >= positions_) {  // unchecked file
      return {{priority, priority}, 0};
    }
    const bool bit = SplitBit(query_, position);
    return {{priority - bit, priority - !bit}, bit ? 1 : 0};
  }

 private:
  const char* const query_;
  const uint64_t positions_;
};

// Asks for the node's memory: the header, and most of a plane of usual size.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline void PrefetchNode(const char* node,
                                                      size_t node_bytes) {
  const size_t bytes = std::min<size_t>(node_bytes, 1024);
  PrefetchLines(node, bytes);
}

// Calls `use` with an id of the width and with the splits that the layout has.
// `lift`: see PlaneSplits.
template <typename Result, typename Function>
Result WithSplits(const ForestData& forest, const Query& query, float lift,
                  const Function& use) {
  constexpr int32_t kId = 0;
  constexpr int64_t kWideId = 0;
  switch (forest.layout.kind) {
    case LayoutKind::kAngular12:
      return use(kId, PlaneSplits<LayoutKind::kAngular12>(forest, query, lift));
    case LayoutKind::kMinkowski16:
      return use(kId,
                 PlaneSplits<LayoutKind::kMinkowski16>(forest, query, lift));
    case LayoutKind::kDot16:
      return use(kId, PlaneSplits<LayoutKind::kDot16>(forest, query, lift));
    case LayoutKind::kDot24:
      return use(kId, PlaneSplits<LayoutKind::kDot24>(forest, query, lift));
    case LayoutKind::kAngular24:
      return use(kWideId,
                 PlaneSplits<LayoutKind::kAngular24>(forest, query, lift));
    case LayoutKind::kMinkowski32:
      return use(kWideId,
                 PlaneSplits<LayoutKind::kMinkowski32>(forest, query, lift));
    case LayoutKind::kDot36:
      return use(kWideId, PlaneSplits<LayoutKind::kDot36>(forest, query, lift));
    case LayoutKind::kHamming24:
      return use(kWideId, BitSplits(forest, query));
    case LayoutKind::kHamming16:
    case LayoutKind::kHamming12:
      break;
  }
  return use(kId, BitSplits(forest, query));
}

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_TREE_SPLITS_H_
