#include "core/storage/layout_names.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/utf8.h"

namespace annod {
namespace {

constexpr Metric kMetrics[] = {Metric::kAngular, Metric::kEuclidean,
                               Metric::kManhattan, Metric::kDot,
                               Metric::kHamming};

absl::Status Unknown(absl::string_view what, absl::string_view field,
                     absl::string_view name) {
  return absl::DataLossError(
      absl::StrCat(what, ": ", field, " '", ForMessage(name), "' is unknown"));
}

}  // namespace

absl::StatusOr<Metric> MetricFromFile(absl::string_view name,
                                      absl::string_view what) {
  for (const Metric metric : kMetrics) {
    if (name == MetricName(metric)) return metric;
  }
  return Unknown(what, "metric", name);
}

absl::StatusOr<LayoutKind> LayoutFromFile(absl::string_view name,
                                          absl::string_view what) {
  const absl::StatusOr<LayoutKind> kind = ParseLayout(name);
  if (kind.ok()) return *kind;
  return Unknown(what, "layout", name);
}

}  // namespace annod
