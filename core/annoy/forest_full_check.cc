// CheckEverything() of forest_check.h.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/forest_check.h"
#include "core/annoy/vector_check.h"
#include "core/simd/distance.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

class FullCheck {
 public:
  FullCheck(const ForestData& forest, int64_t item_count)
      : forest_(forest),
        layout_(forest.layout),
        item_count_(item_count),
        // Sums of dim products, in whatever order the writer added them.
        tolerance_((layout_.dim + 32) * kEpsilon),
        reached_in_tree_(forest.slot_count, -1),
        has_parent_(forest.node_count - forest.slot_count) {}

  absl::Status Run(std::vector<std::string>* notes) {
    for (int64_t i = 0; i < forest_.slot_count; ++i) {
      ANNOD_RETURN_IF_ERROR(CheckSlotFields(i));
    }
    ANNOD_RETURN_IF_ERROR(CheckLengths(notes));
    ANNOD_RETURN_IF_ERROR(CheckStaleSlots(notes));
    if (item_count_ == 0 && notes != nullptr) {
      notes->push_back(
          absl::StrCat("none of the ", forest_.node_count,
                       " nodes is an item: an index of nothing, or one that "
                       "was cut before its first item"));
    }
    for (int64_t i = forest_.slot_count; i < forest_.node_count; ++i) {
      ANNOD_RETURN_IF_ERROR(IsSplit(i) ? CheckPlane(i) : CheckList(i));
    }
    for (size_t tree = 0; tree < forest_.tree_roots.size(); ++tree) {
      ANNOD_RETURN_IF_ERROR(WalkTree(static_cast<int32_t>(tree)));
    }
    return CheckOtherNodes();
  }

 private:
  bool IsSlot(int64_t i) const { return i < forest_.slot_count; }
  bool IsSplit(int64_t i) const {
    return !IsSlot(i) &&
           forest_.node(i).descendants() > layout_.bucket_capacity;
  }
  // Roots say how many slots there are, not how many items they reach.
  bool IsRoot(int64_t i) const {
    return !IsSlot(i) && forest_.node(i).descendants() == forest_.slot_count;
  }

  static absl::Status Violation(int64_t node, absl::string_view what) {
    return absl::DataLossError(absl::StrCat("node ", node, " ", what));
  }

  static bool Near(double a, double b, double tolerance) {
    return std::fabs(a - b) <= tolerance * std::fmax(a, b) + 1e-30;
  }

  absl::Status CheckFinite(int64_t i) const {
    const float* values = forest_.node(i).floats();
    for (int j = 0; j < layout_.dim; ++j) {
      if (!std::isfinite(values[j])) {
        return Violation(i, absl::StrCat("has the component ", values[j],
                                         " at ", j, "; it must be finite"));
      }
    }
    return absl::OkStatus();
  }

  double SquaredNorm(int64_t i) const {
    const float* values = forest_.node(i).floats();
    return Dot(values, values, layout_.dim);
  }

  absl::Status CheckSlotFields(int64_t i) {
    const NodeView node = forest_.node(i);
    if (layout_.metric == Metric::kHamming) return CheckUnusedBits(i, node);
    ANNOD_RETURN_IF_ERROR(CheckFinite(i));
    const double norm = SquaredNorm(i);
    switch (layout_.metric) {
      case Metric::kAngular:
        if (node.angular_norm() != 0 &&
            !Near(node.angular_norm(), norm, tolerance_)) {
          return Violation(
              i, absl::StrCat("stores the squared norm ", node.angular_norm(),
                              "; that of its vector is ", norm));
        }
        return absl::OkStatus();
      case Metric::kDot: {
        if (layout_.kind == LayoutKind::kDot16) {
          const float first = forest_.node(0).dot_factor();
          return CheckDotFactor(i, norm,
                                double{first} * first + SquaredNorm(0));
        }
        if (!node.dot_built()) {
          return Violation(i, "is an item slot not marked as built");
        }
        if (node.dot_norm() != forest_.node(0).dot_norm()) {
          return Violation(i,
                           absl::StrCat("stores the largest squared norm as ",
                                        node.dot_norm(), "; node 0 as ",
                                        forest_.node(0).dot_norm()));
        }
        return CheckDotFactor(i, norm, node.dot_norm());
      }
      default:
        return absl::OkStatus();
    }
  }

  // Items too long or too short to be compared. The bits of hamming vectors,
  // read as floats, are mostly tiny numbers.
  absl::Status CheckLengths(std::vector<std::string>* notes) const {
    if (layout_.metric == Metric::kHamming) return absl::OkStatus();
    int64_t usual = 0, tiny = 0, first = -1;
    for (int64_t i = 0; i < forest_.slot_count; ++i) {
      if (forest_.node(i).descendants() != 1) continue;
      const absl::Span<const float> vector(forest_.node(i).floats(),
                                           layout_.dim);
      if (IsTaken(layout_.metric, vector)) {
        usual += SquaredNorm(i) > 0 ? 1 : 0;
        continue;
      }
      const VectorFault fault = *FindVectorFault(layout_.metric, vector);
      if (SquaredNorm(i) > 1) {
        return Violation(i, absl::StrCat("is an item: ", fault.Message()));
      }
      if (tiny++ == 0) first = i;
    }
    if (tiny == 0) return absl::OkStatus();
    if (usual == 0) {
      return Violation(
          first,
          absl::StrCat("and ", tiny - 1, " more items are shorter than ",
                       kMinLength, ": a hamming index, or another file?"));
    }
    if (notes != nullptr) {
      notes->push_back(
          absl::StrCat(tiny, " of ", item_count_, " items, the first is ",
                       first, ", are shorter than ", kMinLength,
                       ": distances between such items are wrong"));
    }
    return absl::OkStatus();
  }

  // The bits of an item behind the last component. Where they are set, the
  // dimension is another one that takes as many words.
  absl::Status CheckUnusedBits(int64_t i, NodeView node) const {
    const int used = layout_.dim % 64;
    if (used == 0 || node.descendants() != 1) return absl::OkStatus();
    const uint64_t last = LoadField<uint64_t>(
        node.words(), layout_.vector_bytes - sizeof(uint64_t));
    if (last >> used == 0) return absl::OkStatus();
    return Violation(i, absl::StrCat("is an item with bits set behind its ",
                                     layout_.dim, " components"));
  }

  // Bytes of a slot's head that nothing is stored in: [first, second).
  std::pair<size_t, size_t> UnusedHead() const {
    if (layout_.metric == Metric::kEuclidean ||
        layout_.metric == Metric::kManhattan) {
      return {layout_.id_bytes, layout_.vector_offset};
    }
    if (layout_.kind == LayoutKind::kDot16) {
      return {layout_.children_offset, DotFactorOffset(layout_.id_bytes)};
    }
    return {0, 0};
  }

  // Unused bytes are zero, but for items that took the place of old tree nodes
  // after an unbuild. If most have something there, this is another metric's
  // file.
  absl::Status CheckStaleSlots(std::vector<std::string>* notes) const {
    const auto [begin, end] = UnusedHead();
    int64_t stale = 0, first = -1;
    for (int64_t i = 0; i < forest_.slot_count && begin < end; ++i) {
      const char* node = forest_.node_data(i);
      if (std::all_of(node + begin, node + end,
                      [](char byte) { return byte == 0; })) {
        continue;
      }
      if (stale++ == 0) first = i;
    }
    if (stale == 0) return absl::OkStatus();
    if (2 * stale > forest_.slot_count) {
      return Violation(
          first, absl::StrCat("and ", stale - 1,
                              " more item slots have bytes other than zero "
                              "before their vectors: another metric's file?"));
    }
    if (notes != nullptr) {
      notes->push_back(absl::StrCat(
          stale, " of ", forest_.slot_count, " item slots, the first is node ",
          first,
          ", keep bytes of an earlier build before their vectors; nothing "
          "reads them"));
    }
    return absl::OkStatus();
  }

  // The factor completes each vector to one common length.
  absl::Status CheckDotFactor(int64_t i, double norm, double common) const {
    const double factor = forest_.node(i).dot_factor();
    if (std::isfinite(common) && std::fabs(factor * factor + norm - common) <=
                                     4 * tolerance_ * common + 1e-30) {
      return absl::OkStatus();
    }
    return Violation(
        i, absl::StrCat("has dot factor ", factor, " and squared norm ", norm,
                        "; together they should make ", common));
  }

  // The number beside the normal, where the metric has one.
  double PlaneConstant(NodeView node) const {
    switch (layout_.metric) {
      case Metric::kEuclidean:
      case Metric::kManhattan:
        return node.plane_offset();
      case Metric::kDot:
        return node.dot_factor();
      default:
        return 0;
    }
  }

  absl::Status CheckPlane(int64_t i) const {
    const NodeView node = forest_.node(i);
    if (layout_.metric == Metric::kHamming) return absl::OkStatus();
    ANNOD_RETURN_IF_ERROR(CheckFinite(i));
    const double constant = PlaneConstant(node);
    if (!std::isfinite(constant)) {
      return Violation(i, absl::StrCat("splits by a plane with the constant ",
                                       constant, "; it must be finite"));
    }
    double norm = SquaredNorm(i);
    if (norm < 1e-30) return absl::OkStatus();  // random split
    if (layout_.metric == Metric::kDot) norm += constant * constant;
    if (Near(norm, 1, 1e-3 + tolerance_)) return absl::OkStatus();
    return Violation(i, absl::StrCat("splits by a plane whose normal has the "
                                     "squared length ",
                                     norm, " instead of 1"));
  }

  absl::Status CheckList(int64_t i) const {
    const NodeView node = forest_.node(i);
    const int64_t length = node.descendants();
    // With holes, a root's list is shorter than it says, and zero behind.
    const int64_t real = IsRoot(i) ? item_count_ : length;
    for (int64_t k = 0; k < length; ++k) {
      const int64_t id = node.list_id(k);
      if (k >= real) {
        if (id == 0) continue;
        return Violation(i, absl::StrCat("lists item ", id, " behind all of ",
                                         real, " items"));
      }
      if (forest_.node(id).descendants() != 1) {
        return Violation(i, absl::StrCat("lists ", id, ", which is no item"));
      }
      if (k > 0 && id <= node.list_id(k - 1)) {
        return Violation(i, absl::StrCat("lists item ", id, " after item ",
                                         node.list_id(k - 1)));
      }
    }
    return absl::OkStatus();
  }

  int64_t ClaimedItems(int64_t i) const {
    return IsRoot(i) ? item_count_ : forest_.node(i).descendants();
  }

  absl::Status Reach(int64_t item, int32_t tree, int64_t* reached) {
    int32_t& last_tree = reached_in_tree_[item];
    if (last_tree == tree) {
      return Violation(forest_.tree_roots[tree],
                       absl::StrCat("is the root of a tree that reaches item ",
                                    item, " twice"));
    }
    last_tree = tree;
    ++*reached;
    return absl::OkStatus();
  }

  // Each root is there twice, the original and a copy; one of them was walked
  // from. The others are all that is in no tree.
  absl::Status CheckOtherNodes() const {
    absl::flat_hash_set<absl::string_view> roots;
    for (const int32_t root : forest_.tree_roots) {
      roots.insert({forest_.node_data(root), layout_.node_bytes});
    }
    int64_t others = 0;
    for (int64_t i = forest_.slot_count; i < forest_.node_count; ++i) {
      if (has_parent_[i - forest_.slot_count]) continue;
      ++others;
      if (!roots.contains(
              absl::string_view(forest_.node_data(i), layout_.node_bytes))) {
        return Violation(i, "is in no tree and no copy of a root");
      }
    }
    if (others == forest_.tree_count) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "there are ", forest_.tree_count, " trees and ", others,
        " other nodes that equal a root; each root is there twice"));
  }

  absl::Status WalkTree(int32_t tree) {
    const int32_t root = forest_.tree_roots[tree];
    int64_t reached = 0;
    stack_.assign(1, root);
    while (!stack_.empty()) {
      const int64_t i = stack_.back();
      stack_.pop_back();
      const NodeView node = forest_.node(i);
      if (IsSlot(i)) {
        if (node.descendants() != 1) {
          return Violation(i, "is a child, but no item");
        }
        ANNOD_RETURN_IF_ERROR(Reach(i, tree, &reached));
        continue;
      }
      // So that the whole check takes no longer than there are nodes.
      if (has_parent_[i - forest_.slot_count]) {
        return Violation(i, "has several parents");
      }
      has_parent_[i - forest_.slot_count] = true;
      if (!IsSplit(i)) {
        for (int64_t k = 0; k < ClaimedItems(i); ++k) {
          ANNOD_RETURN_IF_ERROR(Reach(node.list_id(k), tree, &reached));
        }
      } else if (i == root && item_count_ == 1) {
        // The only item of many slots hangs under a root that looks like a
        // split, with nothing on the other side.
        if (!IsSlot(node.child(0))) {
          return Violation(i, absl::StrCat("has child ", node.child(0),
                                           " instead of the only item"));
        }
        stack_.push_back(node.child(0));
      } else {
        const int64_t below =
            ClaimedItems(node.child(0)) + ClaimedItems(node.child(1));
        if (below != ClaimedItems(i)) {
          return Violation(i,
                           absl::StrCat("has ", ClaimedItems(i),
                                        " items; its children have ", below));
        }
        stack_.push_back(node.child(0));
        stack_.push_back(node.child(1));
      }
    }
    if (reached == item_count_) return absl::OkStatus();
    return Violation(
        root, absl::StrCat("is the root of a tree that reaches ", reached,
                           " of ", item_count_, " items"));
  }

  const ForestData& forest_;
  const NodeLayout& layout_;
  const int64_t item_count_;
  const double tolerance_;
  std::vector<int32_t> reached_in_tree_;  // by slot: the last tree to reach it
  std::vector<bool> has_parent_;          // by tree node: it, or it is a root
  std::vector<int64_t> stack_;
};

}  // namespace

absl::Status CheckEverything(const ForestData& forest, int64_t item_count,
                             std::vector<std::string>* notes) {
  return FullCheck(forest, item_count).Run(notes);
}

}  // namespace annod
