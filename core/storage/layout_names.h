#ifndef ANNOD_CORE_STORAGE_LAYOUT_NAMES_H_
#define ANNOD_CORE_STORAGE_LAYOUT_NAMES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/metric.h"

namespace annod {

// The metric or layout that a file of ours names by its canonical name.
// DataLoss, naming the file (`what`) and the text, if there is none such.
absl::StatusOr<Metric> MetricFromFile(absl::string_view name,
                                      absl::string_view what);
absl::StatusOr<LayoutKind> LayoutFromFile(absl::string_view name,
                                          absl::string_view what);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_LAYOUT_NAMES_H_
