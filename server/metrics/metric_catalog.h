#ifndef ANNOD_SERVER_METRICS_METRIC_CATALOG_H_
#define ANNOD_SERVER_METRICS_METRIC_CATALOG_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// A metric family annod exposes. Names follow Prometheus' naming practices:
// base units, _total for counters; label values come from small sets (methods,
// status codes, index names), never from clients.
struct MetricInfo {
  const char* name;
  MetricKind kind;
  const char* help;
  std::vector<const char*> labels;  // every series has exactly these
};

// All families, sorted by name. What is not in here is not exposed.
const std::vector<MetricInfo>& MetricCatalog();

// Null if there is no such family.
const MetricInfo* FindMetric(absl::string_view name);

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_METRIC_CATALOG_H_
