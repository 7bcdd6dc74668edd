#include "core/graph/graph_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/simd/codes.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

constexpr size_t kEntries = 8;

}  // namespace

GraphSearcher::GraphSearcher(const ForestData* forest, const Graph* graph)
    : forest_(*forest), graph_(*graph), space_(*forest) {}

// Goes down one tree and marks the first rows of its leaf as fresh.
void GraphSearcher::Enter(const float* query, GraphScratch* scratch) const {
  const bool offset = forest_.layout.kind == LayoutKind::kMinkowski16;
  const auto dot = Kernels().dot;
  int32_t index = graph_.entry_root;
  scratch->fresh.clear();
  while (index >= forest_.slot_count) {
    const NodeView node = forest_.node(index);
    if (node.descendants() <= forest_.layout.bucket_capacity) {
      for (int32_t k = 0; k < node.descendants(); ++k) {
        if (scratch->fresh.size() == kEntries) return;
        const int32_t row = graph_.rows[node.list_id(k)];
        if (row >= 0) scratch->fresh.push_back(row);
      }
      return;
    }
    const float margin = (offset ? node.plane_offset() : 0) +
                         dot(node.floats(), query, forest_.layout.dim);
    const int32_t child = node.child(margin > 0 ? 1 : 0);
    if (child < forest_.slot_count) {
      scratch->fresh.push_back(graph_.rows[child]);
      return;
    }
    index = child;
  }
}

void GraphSearcher::Expand(int beam, GraphScratch* scratch,
                           SearchStats* stats) const {
  using Entry = GraphScratch::Entry;
  const CodeKernels& kernels = CodeDistances();
  const uint8_t* const query = scratch->codes.row(0);
  const size_t row_bytes = graph_.book.row_bytes();
  const Rows code_rows = graph_.code_rows();
  const auto width = static_cast<size_t>(beam);
  std::vector<int32_t>& fresh = scratch->fresh;
  scratch->distances.resize(std::max<size_t>(graph_.degree, kEntries));
  scratch->pool.resize(width + 1);
  Entry* const pool = scratch->pool.data();
  size_t size = 0;    // of the pool
  size_t cursor = 0;  // all entries before it are expanded
  for (const int32_t row : fresh) {
    uint64_t& word = scratch->visited[row / 64];
    if (word == 0) scratch->marked.push_back(row / 64);
    word |= uint64_t{1} << (row % 64);
  }
  for (;;) {
    kernels.squared_l2_rows(query, row_bytes, code_rows, fresh.data(),
                            fresh.size(), scratch->distances.data());
    stats->distances += static_cast<int64_t>(fresh.size());
    size_t lowest = cursor;
    for (size_t k = 0; k < fresh.size(); ++k) {
      const int32_t distance = scratch->distances[k];
      if (size == width && distance >= pool[size - 1].distance) continue;
      // From the far end: most newcomers belong there.
      size_t low = 0, high = size;
      while (low < high) {
        const size_t middle = (low + high) / 2;
        if (pool[middle].distance <= distance) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      std::memmove(pool + low + 1, pool + low, (size - low) * sizeof(Entry));
      pool[low] = {distance, static_cast<uint32_t>(fresh[k]) * 2};
      if (size < width) ++size;
      lowest = std::min(lowest, low);
    }
    cursor = lowest;
    while (cursor < size && (pool[cursor].row_and_flag & 1) != 0) ++cursor;
    if (cursor == size) break;
    const uint32_t row = pool[cursor].row_and_flag / 2;
    pool[cursor].row_and_flag |= 1;
    if (cursor + 1 < size) {
      __builtin_prefetch(
          graph_.neighbors.data() +
          static_cast<int64_t>(pool[cursor + 1].row_and_flag / 2) *
              graph_.degree);
    }
    ++stats->nodes;
    fresh.clear();
    for (const int32_t near : graph_.NeighborsOf(row)) {
      if (near < 0) break;
      uint64_t& word = scratch->visited[near / 64];
      const uint64_t bit = uint64_t{1} << (near % 64);
      if ((word & bit) != 0) continue;
      if (word == 0) scratch->marked.push_back(near / 64);
      word |= bit;
      fresh.push_back(near);
    }
  }
  scratch->pool.resize(size);
}

void GraphSearcher::Rank(const float* query, int n, GraphScratch* scratch,
                         std::vector<Neighbor>* out, SearchStats* stats) const {
  const size_t ranked = std::min(scratch->pool.size(),
                                 static_cast<size_t>(std::max(2 * n, n + 10)));
  const DistanceKernels& kernels = Kernels();
  const int dim = forest_.layout.dim;
  const Metric metric = forest_.layout.metric;
  out->clear();
  for (size_t k = 0; k < ranked; ++k) {
    __builtin_prefetch(
        forest_.node_data(graph_.items[scratch->pool[k].row_and_flag / 2]));
  }
  float squared_norm = 0;
  if (metric == Metric::kAngular) squared_norm = kernels.dot(query, query, dim);
  for (size_t k = 0; k < ranked; ++k) {
    const int32_t id = graph_.items[scratch->pool[k].row_and_flag / 2];
    const NodeView node = forest_.node(id);
    float key = 0;
    switch (metric) {
      case Metric::kAngular: {
        const float product = node.angular_norm() * squared_norm;
        key = product > 0 ? 2 - 2 * kernels.dot(query, node.floats(), dim) /
                                    std::sqrt(product)
                          : 2;
        break;
      }
      case Metric::kDot:
        key = -kernels.dot(query, node.floats(), dim);
        break;
      default:
        key = kernels.squared_l2(query, node.floats(), dim);
    }
    out->push_back({id, key});
  }
  stats->distances += static_cast<int64_t>(ranked);
  const auto end = out->begin() + std::min<size_t>(n, out->size());
  std::partial_sort(
      out->begin(), end, out->end(), [](const Neighbor& a, const Neighbor& b) {
        return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
      });
  out->erase(end, out->end());
  for (Neighbor& neighbor : *out) {
    neighbor.distance = metric == Metric::kDot
                            ? -neighbor.distance
                            : std::sqrt(std::max(0.0f, neighbor.distance));
  }
}

void GraphSearcher::Search(const float* query, int n, int beam,
                           GraphScratch* scratch, std::vector<Neighbor>* out,
                           SearchStats* stats) const {
  scratch->vector.resize(space_.dim());
  space_.Query(query, scratch->vector.data());
  if (scratch->codes.row_bytes() != graph_.book.row_bytes()) {
    scratch->codes = CodeRows(1, graph_.book.row_bytes());
  }
  graph_.book.Encode(scratch->vector.data(), scratch->codes.row(0));
  scratch->visited.resize(graph_.size() / 64 + 1);
  Enter(query, scratch);
  Expand(std::max(beam, n), scratch, stats);
  for (const int32_t word : scratch->marked) scratch->visited[word] = 0;
  scratch->marked.clear();
  Rank(query, n, scratch, out, stats);
}

}  // namespace annod
