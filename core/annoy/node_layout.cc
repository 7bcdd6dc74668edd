#include "core/annoy/node_layout.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

constexpr LayoutKind kEveryKind[] = {
    LayoutKind::kAngular12, LayoutKind::kMinkowski16, LayoutKind::kDot16,
    LayoutKind::kDot24,     LayoutKind::kHamming16,   LayoutKind::kHamming12,
    LayoutKind::kAngular24, LayoutKind::kMinkowski32, LayoutKind::kDot36,
    LayoutKind::kHamming24};

// What does not depend on the dimension.
struct KindFacts {
  absl::string_view name;
  size_t id_bytes;
  size_t children_offset;
  size_t vector_offset;
};

KindFacts FactsOf(LayoutKind kind) {
  switch (kind) {
    case LayoutKind::kAngular12:
      return {"angular-12", 4, 4, 12};
    case LayoutKind::kMinkowski16:
      return {"minkowski-16", 4, 8, 16};
    case LayoutKind::kDot16:
      return {"dot-16", 4, 4, 16};
    case LayoutKind::kDot24:
      return {"dot-24", 4, 4, 24};
    case LayoutKind::kHamming16:
      return {"hamming-16", 4, 4, 16};
    case LayoutKind::kHamming12:
      return {"hamming-12", 4, 4, 12};
    case LayoutKind::kAngular24:
      return {"angular-24", 8, 8, 24};
    case LayoutKind::kMinkowski32:
      return {"minkowski-32", 8, 16, 32};
    case LayoutKind::kDot36:
      return {"dot-36", 8, 8, 36};
    case LayoutKind::kHamming24:
      return {"hamming-24", 8, 8, 24};
  }
  return {"unknown", 4, 0, 0};
}

}  // namespace

absl::string_view LayoutName(LayoutKind kind) { return FactsOf(kind).name; }

absl::StatusOr<LayoutKind> ParseLayout(absl::string_view name) {
  std::string choices;
  for (const LayoutKind kind : kEveryKind) {
    if (LayoutName(kind) == name) return kind;
    absl::StrAppend(&choices, choices.empty() ? "" : ", ", LayoutName(kind));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", name, "' is not a layout; known are ", choices));
}

bool HasWideIds(LayoutKind kind) { return FactsOf(kind).id_bytes == 8; }

LayoutKind NarrowKind(LayoutKind kind) {
  switch (kind) {
    case LayoutKind::kAngular24:
      return LayoutKind::kAngular12;
    case LayoutKind::kMinkowski32:
      return LayoutKind::kMinkowski16;
    case LayoutKind::kDot36:
      return LayoutKind::kDot24;
    case LayoutKind::kHamming24:
      return LayoutKind::kHamming16;
    default:
      return kind;
  }
}

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
  layout.id_bytes = facts.id_bytes;
  layout.children_offset = facts.children_offset;
  layout.vector_offset = facts.vector_offset;
  layout.vector_bytes = metric == Metric::kHamming
                            ? HammingWords(dim) * sizeof(uint64_t)
                            : static_cast<size_t>(dim) * sizeof(float);
  layout.node_bytes = layout.vector_offset + layout.vector_bytes;
  layout.bucket_capacity = static_cast<int>(
      (layout.node_bytes - layout.children_offset) / layout.id_bytes);
  return layout;
}

std::vector<LayoutKind> LayoutsForMetric(Metric metric) {
  switch (metric) {
    case Metric::kAngular:
      return {LayoutKind::kAngular12, LayoutKind::kAngular24};
    case Metric::kEuclidean:
    case Metric::kManhattan:
      return {LayoutKind::kMinkowski16, LayoutKind::kMinkowski32};
    case Metric::kDot:
      return {LayoutKind::kDot24, LayoutKind::kDot16, LayoutKind::kDot36};
    case Metric::kHamming:
      return {LayoutKind::kHamming16, LayoutKind::kHamming12,
              LayoutKind::kHamming24};
  }
  return {};
}

}  // namespace annod
