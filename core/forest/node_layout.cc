#include "core/forest/node_layout.h"

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

// What does not depend on the dimension.
struct KindFacts {
  absl::string_view name;
  size_t children_offset;
  size_t vector_offset;
};

KindFacts FactsOf(LayoutKind kind) {
  switch (kind) {
    case LayoutKind::kAngular12:
      return {"angular-12", 4, 12};
    case LayoutKind::kMinkowski16:
      return {"minkowski-16", 8, 16};
    case LayoutKind::kDot16:
      return {"dot-16", 4, 16};
    case LayoutKind::kDot24:
      return {"dot-24", 4, 24};
    case LayoutKind::kHamming16:
      return {"hamming-16", 4, 16};
    case LayoutKind::kHamming12:
      return {"hamming-12", 4, 12};
  }
  return {"unknown", 0, 0};
}

}  // namespace

absl::string_view LayoutName(LayoutKind kind) { return FactsOf(kind).name; }

absl::StatusOr<NodeLayout> MakeNodeLayout(LayoutKind kind, Metric metric,
                                          int dim) {
  if (dim < 1 || dim > kMaxDim) {
    return absl::InvalidArgumentError(
        absl::StrCat("dimension ", dim, " is outside [1, ", kMaxDim, "]"));
  }
  bool stores_metric = false;
  for (const LayoutKind choice : LayoutsForMetric(metric)) {
    stores_metric |= choice == kind;
  }
  if (!stores_metric) {
    return absl::InvalidArgumentError(absl::StrCat("layout ", LayoutName(kind),
                                                   " does not store metric ",
                                                   MetricName(metric)));
  }
  const KindFacts facts = FactsOf(kind);
  NodeLayout layout;
  layout.kind = kind;
  layout.metric = metric;
  layout.dim = dim;
  layout.children_offset = facts.children_offset;
  layout.vector_offset = facts.vector_offset;
  layout.vector_bytes = metric == Metric::kHamming
                            ? HammingWords(dim) * sizeof(uint64_t)
                            : static_cast<size_t>(dim) * sizeof(float);
  layout.node_bytes = layout.vector_offset + layout.vector_bytes;
  layout.bucket_capacity = static_cast<int>(
      (layout.node_bytes - layout.children_offset) / sizeof(int32_t));
  return layout;
}

std::vector<LayoutKind> LayoutsForMetric(Metric metric) {
  switch (metric) {
    case Metric::kAngular:
      return {LayoutKind::kAngular12};
    case Metric::kEuclidean:
    case Metric::kManhattan:
      return {LayoutKind::kMinkowski16};
    case Metric::kDot:
      return {LayoutKind::kDot24, LayoutKind::kDot16};
    case Metric::kHamming:
      return {LayoutKind::kHamming16, LayoutKind::kHamming12};
  }
  return {};
}

}  // namespace annod
