#include "core/formats/native_blob.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_fields.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// What hamming puts in front: dimension, words, items, zero; uint32 each.
constexpr size_t kHammingPrefixBytes = 16;
constexpr size_t kPieceBytes = size_t{1} << 20;

size_t PrefixBytes(Metric metric) {
  return metric == Metric::kHamming ? kHammingPrefixBytes : 0;
}

// n_items, n_nodes, u64 roots, nodes_size.
size_t HeadBytes(size_t id_bytes) { return 3 * id_bytes + sizeof(uint64_t); }

absl::Status WrongLayout(absl::string_view what, int64_t value,
                         absl::string_view limit) {
  return absl::DataLossError(
      absl::StrCat("native blob: ", what, " is ", value, "; ", limit));
}

absl::Status CheckHammingPrefix(absl::Span<const char> bytes,
                                const NodeLayout& layout, int64_t slot_count) {
  const uint32_t dim = LoadField<uint32_t>(bytes.data(), 0);
  const uint32_t words = LoadField<uint32_t>(bytes.data(), 4);
  const uint32_t items = LoadField<uint32_t>(bytes.data(), 8);
  const uint32_t zero = LoadField<uint32_t>(bytes.data(), 12);
  if (dim != static_cast<uint32_t>(layout.dim)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "native blob: the dimension in front is ", dim, ", not ", layout.dim));
  }
  if (words != HammingWords(layout.dim)) {
    return WrongLayout("the number of 64-bit words in front", words,
                       absl::StrCat("dimension ", layout.dim, " takes ",
                                    HammingWords(layout.dim)));
  }
  if (items != static_cast<uint64_t>(slot_count)) {
    return WrongLayout("the number of items in front", items,
                       absl::StrCat("the head says ", slot_count));
  }
  if (zero != 0) {
    return WrongLayout("the reserved number in front", zero, "0 wanted");
  }
  return absl::OkStatus();
}

// The root ids at `ids`, bounded and distinct.
absl::StatusOr<std::vector<int32_t>> ReadRoots(const char* ids, uint64_t count,
                                               const ForestData& forest) {
  const size_t id_bytes = forest.layout.id_bytes;
  std::vector<int32_t> roots;
  roots.reserve(static_cast<size_t>(count));
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t root =
        LoadId(ids, static_cast<size_t>(i) * id_bytes, id_bytes);
    // The only item has one descendant, as its roots have, and an index that
    // was loaded from a file may have taken it for one.
    if (root == 0 && forest.slot_count == 1) continue;
    if (root < forest.slot_count || root >= forest.node_count) {
      return WrongLayout(absl::StrCat("root ", i), root,
                         absl::StrCat("tree nodes are ", forest.slot_count,
                                      " to ", forest.node_count - 1));
    }
    const int64_t claimed = forest.node(root).descendants();
    if (claimed != forest.slot_count) {
      return absl::DataLossError(absl::StrCat(
          "native blob: root ", i, " is node ", root, ", which says it has ",
          claimed, " descendants instead of ", forest.slot_count));
    }
    roots.push_back(static_cast<int32_t>(root));
  }
  return roots;
}

bool EqualNodes(const ForestData& forest, int64_t a, int64_t b) {
  return std::memcmp(forest.node_data(a), forest.node_data(b),
                     forest.layout.node_bytes) == 0;
}

// The root of each tree, once, from the sorted `roots`: those of an index that
// was loaded from a file are what was found in it, a root and its copy perhaps.
std::vector<int32_t> DistinctTrees(const ForestData& forest,
                                   const std::vector<int32_t>& roots) {
  const int64_t half = (forest.node_count - forest.slot_count) / 2;
  const bool single_nodes = 2 * half == forest.node_count - forest.slot_count &&
                            static_cast<int64_t>(roots.size()) > half;
  std::vector<int32_t> trees;
  if (single_nodes) {
    // Trees of one node each, and copies.
    for (int64_t i = forest.slot_count; i < forest.slot_count + half; ++i) {
      if (!EqualNodes(forest, i, i + half)) return roots;
      trees.push_back(static_cast<int32_t>(i));
    }
    return trees;
  }
  if (forest.slot_count <= forest.layout.bucket_capacity) return roots;
  absl::flat_hash_set<absl::string_view> seen;
  for (const int32_t root : roots) {
    // With nodes below it, a root that equals another is of the same tree.
    const bool has_nodes = forest.node(root).child(0) >= forest.slot_count ||
                           forest.node(root).child(1) >= forest.slot_count;
    const absl::string_view bytes(forest.node_data(root),
                                  forest.layout.node_bytes);
    if (seen.insert(bytes).second || !has_nodes) trees.push_back(root);
  }
  return trees;
}

// The originals of a file's root copies: the nodes before them that say they
// are roots. The copies themselves if those are not all there.
std::vector<int32_t> OriginalRoots(const ForestData& forest) {
  const std::vector<int32_t>& copies = forest.tree_roots;
  const int64_t first_copy = forest.node_count - forest.tree_count;
  if (copies.empty() || copies.front() != first_copy) return copies;
  std::vector<int32_t> originals;
  for (int64_t i = forest.slot_count; i < first_copy; ++i) {
    if (forest.node(i).descendants() == forest.slot_count) {
      originals.push_back(static_cast<int32_t>(i));
    }
  }
  if (originals.size() != copies.size()) return copies;
  for (size_t i = 0; i < copies.size(); ++i) {
    if (!EqualNodes(forest, originals[i], copies[i])) return copies;
  }
  return originals;
}

template <typename T>
void AppendNumber(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendId(int64_t value, size_t id_bytes, std::string* out) {
  if (id_bytes == sizeof(int32_t)) {
    AppendNumber(static_cast<int32_t>(value), out);
  } else {
    AppendNumber(value, out);
  }
}

}  // namespace

absl::StatusOr<ForestData> ReadNativeBlob(absl::Span<const char> bytes,
                                          const NodeLayout& layout) {
  const size_t prefix_bytes = PrefixBytes(layout.metric);
  const size_t id_bytes = layout.id_bytes;
  const size_t head_bytes = prefix_bytes + HeadBytes(id_bytes);
  if (bytes.size() < head_bytes) {
    return absl::DataLossError(
        absl::StrCat("native blob: the head is cut short: ", bytes.size(),
                     " of ", head_bytes, " bytes"));
  }
  const char* const head = bytes.data() + prefix_bytes;
  const int64_t slot_count = LoadId(head, 0, id_bytes);
  const int64_t node_count = LoadId(head, id_bytes, id_bytes);
  const uint64_t root_count = LoadField<uint64_t>(head, 2 * id_bytes);
  const int64_t room = LoadId(head, 2 * id_bytes + sizeof(uint64_t), id_bytes);
  if (slot_count < 0 || slot_count > node_count) {
    return WrongLayout("the number of items", slot_count,
                       absl::StrCat("there are ", node_count, " nodes"));
  }
  if (node_count > std::numeric_limits<int32_t>::max()) {
    return WrongLayout(
        "the number of nodes", node_count,
        absl::StrCat("at most ", std::numeric_limits<int32_t>::max(),
                     " are possible"));
  }
  if (room < node_count) {
    return WrongLayout("the room for nodes", room,
                       absl::StrCat(node_count, " are used"));
  }
  if (root_count == 0) {
    return absl::FailedPreconditionError(
        "native blob: there are no trees; an index is serialized like this "
        "once it is built");
  }
  // Divisions, for products could wrap around.
  const uint64_t behind_head = bytes.size() - head_bytes;
  if (root_count > behind_head / id_bytes ||
      root_count > static_cast<uint64_t>(node_count)) {
    return absl::DataLossError(
        absl::StrCat("native blob: ", root_count, " roots do not fit ",
                     bytes.size(), " bytes and ", node_count, " nodes"));
  }
  const uint64_t node_area = behind_head - root_count * id_bytes;
  if (node_area % layout.node_bytes != 0 ||
      node_area / layout.node_bytes != static_cast<uint64_t>(room)) {
    return absl::DataLossError(absl::StrCat(
        "native blob: ", node_area, " bytes of nodes follow; ", room,
        " nodes of ", layout.node_bytes, " bytes are announced"));
  }
  if (prefix_bytes != 0) {
    ANNOD_RETURN_IF_ERROR(CheckHammingPrefix(bytes, layout, slot_count));
  }

  ForestData forest;
  forest.layout = layout;
  forest.bytes =
      bytes.subspan(head_bytes + static_cast<size_t>(root_count) * id_bytes,
                    static_cast<size_t>(node_count) * layout.node_bytes);
  forest.node_count = node_count;
  forest.slot_count = slot_count;
  ANNOD_ASSIGN_OR_RETURN(
      forest.roots, ReadRoots(bytes.data() + head_bytes, root_count, forest));
  if (forest.roots.empty()) {
    return absl::DataLossError("native blob: the only root is an item");
  }
  std::vector<int32_t> sorted = forest.roots;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    return absl::DataLossError(absl::StrCat("native blob: node ", *twice,
                                            " is the root of two trees"));
  }
  forest.tree_roots = DistinctTrees(forest, sorted);
  forest.tree_count = static_cast<int>(forest.tree_roots.size());
  return forest;
}

bool IsBlobLayout(LayoutKind kind) {
  return kind != LayoutKind::kDot16 && kind != LayoutKind::kHamming12;
}

uint64_t NativeBlobBytes(const ForestData& forest) {
  const size_t id_bytes = forest.layout.id_bytes;
  return PrefixBytes(forest.layout.metric) + HeadBytes(id_bytes) +
         forest.tree_roots.size() * id_bytes + forest.bytes.size();
}

absl::Status WriteNativeBlob(const ForestData& forest, const ByteSink& sink) {
  const NodeLayout& layout = forest.layout;
  const std::vector<int32_t> roots = OriginalRoots(forest);
  std::string head;
  if (layout.metric == Metric::kHamming) {
    AppendNumber(static_cast<uint32_t>(layout.dim), &head);
    AppendNumber(static_cast<uint32_t>(HammingWords(layout.dim)), &head);
    AppendNumber(static_cast<uint32_t>(forest.slot_count), &head);
    AppendNumber(uint32_t{0}, &head);
  }
  AppendId(forest.slot_count, layout.id_bytes, &head);
  AppendId(forest.node_count, layout.id_bytes, &head);
  AppendNumber(static_cast<uint64_t>(roots.size()), &head);
  AppendId(forest.node_count, layout.id_bytes, &head);
  for (const int32_t root : roots) AppendId(root, layout.id_bytes, &head);
  ANNOD_RETURN_IF_ERROR(sink(head));
  for (size_t at = 0; at < forest.bytes.size(); at += kPieceBytes) {
    const absl::Span<const char> piece = forest.bytes.subspan(at, kPieceBytes);
    ANNOD_RETURN_IF_ERROR(sink(absl::string_view(piece.data(), piece.size())));
  }
  return absl::OkStatus();
}

}  // namespace annod
