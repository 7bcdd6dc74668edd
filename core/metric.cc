#include "core/metric.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace annod {
namespace {

struct Alias {
  absl::string_view name;
  Metric metric;
};

constexpr Alias kAliases[] = {
    {"angular", Metric::kAngular},
    {"cosine", Metric::kAngular},
    {"euclidean", Metric::kEuclidean},
    {"l2", Metric::kEuclidean},
    {"lstsq", Metric::kEuclidean},
    {"manhattan", Metric::kManhattan},
    {"l1", Metric::kManhattan},
    {"cityblock", Metric::kManhattan},
    {"taxicab", Metric::kManhattan},
    {"dot", Metric::kDot},
    {"@", Metric::kDot},
    {".", Metric::kDot},
    {"dotproduct", Metric::kDot},
    {"inner", Metric::kDot},
    {"innerproduct", Metric::kDot},
    {"hamming", Metric::kHamming},
};

}  // namespace

absl::string_view MetricName(Metric metric) {
  switch (metric) {
    case Metric::kAngular:
      return "angular";
    case Metric::kEuclidean:
      return "euclidean";
    case Metric::kManhattan:
      return "manhattan";
    case Metric::kDot:
      return "dot";
    case Metric::kHamming:
      return "hamming";
  }
  return "unknown";
}

absl::StatusOr<Metric> ParseMetric(absl::string_view text) {
  const std::string name =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return alias.metric;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "metric '", text.substr(0, 64),
      "' is unknown; choose angular, euclidean, manhattan, dot or hamming"));
}

}  // namespace annod
