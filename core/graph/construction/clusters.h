#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_CLUSTERS_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_CLUSTERS_H_

#include <cstdint>
#include <vector>

#include "core/annoy/forest_data.h"

namespace annod {

// The items of one tree in the order of its leaves, cut into clusters: cluster
// c is items[begins[c]] up to items[begins[c + 1] - 1].
struct Clusters {
  std::vector<int32_t> items;
  std::vector<int64_t> begins;  // one more than there are clusters

  size_t size() const { return begins.size() - 1; }
};

// Cuts the tree under `root` where a subtree has at most `max_items` items;
// small pieces are joined with the piece beside them. The forest has been
// checked (CheckSearchable); should its nodes have several parents after all,
// items come up once and the rest is left out.
Clusters CutTree(const ForestData& forest, int32_t root, int64_t max_items);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_CLUSTERS_H_
