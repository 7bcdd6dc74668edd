#include "core/annoy/forest_data.h"

#include <cstring>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace annod {
namespace {

// Trees behind the nodes [first, node_count), all of which look like roots: one
// or more originals followed by a copy of each tree's root. Zero if there is no
// copy.
int64_t CountTrees(const ForestData& forest, int64_t first) {
  const int64_t count = forest.node_count - first;
  const size_t node_bytes = forest.layout.node_bytes;
  // Trees of a single node: originals and copies are all here. Different trees
  // may then be the same bytes.
  if (count % 2 == 0 &&
      std::memcmp(forest.node_data(first), forest.node_data(first + count / 2),
                  static_cast<size_t>(count / 2) * node_bytes) == 0) {
    return count / 2;
  }
  if (forest.slot_count <= forest.layout.bucket_capacity) return 0;
  // Otherwise a root's children tell it from other roots, and of the originals
  // only those right before the copies are here.
  absl::flat_hash_set<absl::string_view> distinct;
  for (int64_t i = first; i < forest.node_count; ++i) {
    distinct.insert(absl::string_view(forest.node_data(i), node_bytes));
  }
  const int64_t trees = static_cast<int64_t>(distinct.size());
  return trees < count ? trees : 0;
}

}  // namespace

absl::StatusOr<ForestData> FindRoots(absl::Span<const char> bytes,
                                     const NodeLayout& layout) {
  ForestData forest;
  forest.layout = layout;
  forest.bytes = bytes;
  if (bytes.empty()) return absl::DataLossError("the file is empty");
  if (bytes.size() % layout.node_bytes != 0) {
    return absl::DataLossError(absl::StrCat(
        "size of ", bytes.size(), " bytes is not a multiple of the ",
        layout.node_bytes, " bytes of a ", LayoutName(layout.kind),
        " node of dimension ", layout.dim));
  }
  const size_t node_count = bytes.size() / layout.node_bytes;
  if (node_count > std::numeric_limits<int32_t>::max()) {
    return absl::DataLossError(
        absl::StrCat("file has ", node_count, " nodes; ids reach ",
                     std::numeric_limits<int32_t>::max()));
  }
  forest.node_count = static_cast<int64_t>(node_count);

  const int64_t slot_count = forest.node(forest.node_count - 1).descendants();
  if (slot_count < 0 || slot_count >= forest.node_count) {
    return absl::DataLossError(absl::StrCat(
        "last node (", forest.node_count - 1, ") says there are ", slot_count,
        " items; the file has ", node_count, " nodes"));
  }
  forest.slot_count = slot_count;
  for (int64_t i = forest.node_count - 1;
       i >= 0 && forest.node(i).descendants() == slot_count; --i) {
    forest.roots.push_back(static_cast<int32_t>(i));
  }
  // A single item has one descendant as its roots have, and joins the run.
  const int64_t first_root =
      slot_count == 1 && forest.roots.back() == 0 ? 1 : forest.roots.back();
  if (first_root < slot_count) {
    return absl::DataLossError(absl::StrCat(
        "node ", first_root, " looks like a root, but the last node says that ",
        slot_count, " item slots come first"));
  }
  forest.tree_count = static_cast<int>(CountTrees(forest, first_root));
  if (forest.tree_count == 0) {
    return absl::DataLossError(absl::StrCat(
        "the last ", forest.node_count - first_root,
        " nodes hold no copy of a root: the file was cut short or is not of "
        "layout ",
        LayoutName(layout.kind), " and dimension ", layout.dim));
  }
  for (int64_t i = forest.node_count - forest.tree_count; i < forest.node_count;
       ++i) {
    forest.tree_roots.push_back(static_cast<int32_t>(i));
  }
  // Stock Annoy takes the earliest for the original of the last tree if their
  // first children agree.
  if (forest.roots.size() > 1 &&
      forest.node(forest.roots.front()).child(0) ==
          forest.node(forest.roots.back()).child(0)) {
    forest.roots.pop_back();
  }
  return forest;
}

}  // namespace annod
