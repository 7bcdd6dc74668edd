#include "core/forest/subtree.h"

#include <cstddef>
#include <utility>

#include "core/annoy/node_fields.h"

namespace annod {

void RelocateNodes(const NodeLayout& layout, int64_t slot_count,
                   int64_t distance, std::vector<char>* nodes) {
  if (distance == 0) return;
  const size_t id_bytes = layout.id_bytes;
  for (size_t place = 0; place < nodes->size(); place += layout.node_bytes) {
    char* const node = &(*nodes)[place];
    if (LoadId(node, kDescendantsOffset, id_bytes) <= layout.bucket_capacity) {
      continue;
    }
    for (size_t side = 0; side < 2; ++side) {
      const size_t offset = layout.children_offset + id_bytes * side;
      const int64_t child = LoadId(node, offset, id_bytes);
      if (child < slot_count) continue;  // an item
      StoreId(node, offset, id_bytes, child + distance);
    }
  }
}

Subtree JoinSubtrees(const NodeLayout& layout, int64_t slot_count,
                     const TopSplits& top, bool is_root,
                     std::vector<Subtree> subtrees) {
  Subtree tree;
  const auto node_count = [&] {
    return static_cast<int64_t>(tree.nodes.size() / layout.node_bytes);
  };
  size_t bytes = top.bytes.size();
  for (const Subtree& subtree : subtrees) bytes += subtree.nodes.size();
  tree.nodes.reserve(bytes);
  const auto count_of = [&](int child) {
    return child >= 0 ? top.counts[child] : top.part_counts[~child];
  };
  const auto append_part = [&](int part) {
    Subtree& subtree = subtrees[part];
    const int64_t distance = node_count();
    RelocateNodes(layout, slot_count, distance, &subtree.nodes);
    tree.nodes.insert(tree.nodes.end(), subtree.nodes.begin(),
                      subtree.nodes.end());
    subtree.nodes = {};
    return subtree.root < slot_count ? subtree.root : subtree.root + distance;
  };
  // Ids of what each top node became.
  std::vector<int64_t> ids(top.nodes.size());
  struct Visit {
    int index;
    bool children_done;
  };
  std::vector<int64_t> part_ids(subtrees.size());
  std::vector<Visit> open = {{0, false}};
  while (!open.empty()) {
    const Visit visit = open.back();
    open.pop_back();
    if (visit.index < 0) {
      part_ids[~visit.index] = append_part(~visit.index);
      continue;
    }
    const TopSplits::Node& node = top.nodes[visit.index];
    if (!visit.children_done) {
      const int first = count_of(node.child[0]) > count_of(node.child[1]);
      open.push_back({visit.index, true});
      open.push_back({node.child[1 - first], false});
      open.push_back({node.child[first], false});
      continue;
    }
    const size_t place = tree.nodes.size();
    const char* const bytes_of = &top.bytes[visit.index * layout.node_bytes];
    tree.nodes.insert(tree.nodes.end(), bytes_of, bytes_of + layout.node_bytes);
    char* const stored = &tree.nodes[place];
    StoreId(stored, kDescendantsOffset, layout.id_bytes,
            is_root && visit.index == 0 ? slot_count : top.counts[visit.index]);
    for (int side = 0; side < 2; ++side) {
      const int child = node.child[side];
      StoreId(stored, layout.children_offset + layout.id_bytes * side,
              layout.id_bytes, child >= 0 ? ids[child] : part_ids[~child]);
    }
    ids[visit.index] = slot_count + node_count() - 1;
  }
  tree.root = static_cast<int32_t>(ids[0]);
  return tree;
}

}  // namespace annod
