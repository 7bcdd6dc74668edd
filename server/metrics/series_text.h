#ifndef ANNOD_SERVER_METRICS_SERIES_TEXT_H_
#define ANNOD_SERVER_METRICS_SERIES_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/metrics/metric_catalog.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// Name and label values of a series in one short string, as the shared pages
// hold them: the name, then the value of each label in the order of the
// catalog, each preceded by its length in one byte.

inline constexpr size_t kMaxSeriesTextBytes = 256;

// Absent if the catalog does not know the family with exactly these labels (in
// any order), or if it does not fit, or a value is not printable ASCII.
std::optional<std::string> EncodeSeries(const MetricInfo& info,
                                        const LabelPairs& labels);

struct DecodedSeries {
  const MetricInfo* info;
  LabelPairs labels;
};

// Absent unless `text` is what EncodeSeries makes: whatever else a dying
// process has left there is refused.
std::optional<DecodedSeries> DecodeSeries(absl::string_view text);

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_SERIES_TEXT_H_
