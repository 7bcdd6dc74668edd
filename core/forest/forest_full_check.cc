// CheckEverything() of forest_check.h.

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/forest/forest_check.h"
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
        reached_in_tree_(forest.slot_count, -1) {}

  absl::Status Run() {
    for (int64_t i = 0; i < forest_.slot_count; ++i) {
      ANNOD_RETURN_IF_ERROR(CheckSlotFields(i));
    }
    for (int64_t i = forest_.slot_count; i < forest_.node_count; ++i) {
      ANNOD_RETURN_IF_ERROR(IsSplit(i) ? CheckPlane(i) : CheckList(i));
    }
    for (size_t tree = 0; tree < forest_.roots.size(); ++tree) {
      ANNOD_RETURN_IF_ERROR(WalkTree(static_cast<int32_t>(tree)));
    }
    return absl::OkStatus();
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
    if (layout_.metric == Metric::kHamming) return absl::OkStatus();
    ANNOD_RETURN_IF_ERROR(CheckFinite(i));
    const NodeView node = forest_.node(i);
    const double norm = SquaredNorm(i);
    switch (layout_.kind) {
      case LayoutKind::kAngular12:
        if (node.angular_norm() != 0 &&
            !Near(node.angular_norm(), norm, tolerance_)) {
          return Violation(
              i, absl::StrCat("stores the squared norm ", node.angular_norm(),
                              "; that of its vector is ", norm));
        }
        return absl::OkStatus();
      case LayoutKind::kMinkowski16:
        for (const size_t offset : {4, 8, 12}) {
          if (node.Int32At(offset) != 0) {
            return Violation(i,
                             "is an item slot with bytes other than zero "
                             "before its vector: another metric's file?");
          }
        }
        return absl::OkStatus();
      case LayoutKind::kDot24:
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
      case LayoutKind::kDot16: {
        const float first = forest_.node(0).dot_factor();
        return CheckDotFactor(i, norm, double{first} * first + SquaredNorm(0));
      }
      default:
        return absl::OkStatus();
    }
  }

  // The factor completes each vector to one common length.
  absl::Status CheckDotFactor(int64_t i, double norm, double common) const {
    const double factor = forest_.node(i).dot_factor();
    if (std::fabs(factor * factor + norm - common) <=
        4 * tolerance_ * common + 1e-30) {
      return absl::OkStatus();
    }
    return Violation(
        i, absl::StrCat("has dot factor ", factor, " and squared norm ", norm,
                        "; together they should make ", common));
  }

  absl::Status CheckPlane(int64_t i) const {
    const NodeView node = forest_.node(i);
    if (layout_.metric == Metric::kHamming) return absl::OkStatus();
    ANNOD_RETURN_IF_ERROR(CheckFinite(i));
    double norm = SquaredNorm(i);
    if (norm < 1e-30) return absl::OkStatus();  // random split
    const bool has_factor = layout_.metric == Metric::kDot;
    if (has_factor) norm += double{node.dot_factor()} * node.dot_factor();
    if (Near(norm, 1, 1e-3 + tolerance_)) return absl::OkStatus();
    return Violation(i, absl::StrCat("splits by a plane whose normal has the "
                                     "squared length ",
                                     norm, " instead of 1"));
  }

  absl::Status CheckList(int64_t i) const {
    const NodeView node = forest_.node(i);
    const int32_t length = node.descendants();
    // With holes, a root's list is shorter than it says, and zero behind.
    const int64_t real = IsRoot(i) ? item_count_ : length;
    for (int32_t k = 0; k < length; ++k) {
      const int32_t id = node.list_id(k);
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

  absl::Status Reach(int32_t item, int32_t tree, int64_t* reached) {
    int32_t& last_tree = reached_in_tree_[item];
    if (last_tree == tree) {
      return Violation(forest_.roots[tree],
                       absl::StrCat("is the root of a tree that reaches item ",
                                    item, " twice"));
    }
    last_tree = tree;
    ++*reached;
    return absl::OkStatus();
  }

  absl::Status WalkTree(int32_t tree) {
    const int32_t root = forest_.roots[tree];
    int64_t reached = 0;
    stack_.assign(1, root);
    while (!stack_.empty()) {
      const int32_t i = stack_.back();
      stack_.pop_back();
      const NodeView node = forest_.node(i);
      if (IsSlot(i)) {
        if (node.descendants() != 1) {
          return Violation(i, "is a child, but no item");
        }
        ANNOD_RETURN_IF_ERROR(Reach(i, tree, &reached));
      } else if (!IsSplit(i)) {
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
        if (below != ClaimedItems(i) ||
            static_cast<int64_t>(stack_.size()) > forest_.node_count) {
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
  std::vector<int32_t> stack_;
};

}  // namespace

absl::Status CheckEverything(const ForestData& forest, int64_t item_count) {
  return FullCheck(forest, item_count).Run();
}

}  // namespace annod
