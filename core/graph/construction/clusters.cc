#include "core/graph/construction/clusters.h"

#include <algorithm>
#include <cstring>

namespace annod {
namespace {

// Walks a tree in the order of its leaves.
class Cutter {
 public:
  Cutter(const ForestData& forest, int64_t max_items)
      : forest_(forest), max_items_(max_items), seen_(forest.slot_count) {}

  Clusters Cut(int32_t root) {
    clusters_.begins.push_back(0);
    // (node, whether its subtree is part of a cluster already begun)
    std::vector<std::pair<int32_t, bool>> stack = {{root, false}};
    // A mark in the stack: the cluster begun above it is complete.
    constexpr int32_t kEnd = -1;
    while (!stack.empty()) {
      const auto [index, inside] = stack.back();
      stack.pop_back();
      if (index == kEnd) {
        EndCluster();
        continue;
      }
      const NodeView node = forest_.node(index);
      const bool whole = !inside && Size(index, node) <= max_items_;
      if (whole) stack.push_back({kEnd, false});
      if (index < forest_.slot_count) {
        Add(index);
      } else if (node.descendants() <= forest_.layout.bucket_capacity) {
        for (int32_t k = 0; k < node.descendants(); ++k) Add(node.list_id(k));
      } else {
        stack.push_back({node.child(1), inside || whole});
        stack.push_back({node.child(0), inside || whole});
      }
    }
    EndCluster();
    return std::move(clusters_);
  }

 private:
  int64_t Size(int32_t index, NodeView node) const {
    return index < forest_.slot_count ? 1 : node.descendants();
  }

  void Add(int32_t id) {
    if (seen_[id] || forest_.node(id).descendants() != 1) return;
    seen_[id] = true;
    clusters_.items.push_back(id);
  }

  void EndCluster() {
    std::vector<int64_t>& begins = clusters_.begins;
    const auto end = static_cast<int64_t>(clusters_.items.size());
    const int64_t size = end - begins.back();
    if (size == 0) return;
    const bool joins =
        begins.size() > 1 &&
        std::min(size, begins.back() - begins.end()[-2]) < max_items_ / 4 &&
        end - begins.end()[-2] <= max_items_;
    if (joins) {
      begins.back() = end;
    } else {
      begins.push_back(end);
    }
  }

  const ForestData& forest_;
  const int64_t max_items_;
  std::vector<bool> seen_;
  Clusters clusters_;
};

}  // namespace

Clusters CutTree(const ForestData& forest, int32_t root, int64_t max_items) {
  return Cutter(forest, max_items).Cut(root);
}

}  // namespace annod
