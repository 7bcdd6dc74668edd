#ifndef ANNOD_CORE_FORMATS_SERIALIZED_H_
#define ANNOD_CORE_FORMATS_SERIALIZED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/formats/canonical_blob.h"
#include "core/formats/format.h"
#include "core/metric.h"

namespace annod {

// An index in one of the formats, read and checked in place: it points into the
// bytes, nothing is copied.
struct Serialized {
  Format format = Format::kNative;
  Metric metric = Metric::kAngular;
  int dim = 0;
  int64_t slot_count = 0;
  int64_t item_count = 0;
  // One of the two.
  std::optional<ForestData> forest;
  std::optional<CanonicalBlob> canonical;
  // What is odd without being wrong.
  std::vector<std::string> notes;
};

struct SerializedReadOptions {
  // Formats it may be in, one or more; empty: any.
  std::vector<Format> formats;
  // What is asserted of it. Needed for a native file without a header and for
  // a native blob, which do not say; others must agree.
  std::optional<Metric> metric;
  int dim = 0;  // 0: not asserted
};

// Reads and checks `bytes` (8-aligned): every rule of docs/format.md for a
// forest, every field and component of a canonical blob. What a header at the
// front says decides the format; without one a native file is tried, then a
// native blob. Cost: reads everything a few times.
//
// DataLoss with the first violation in each format tried; FailedPrecondition
// if the bytes say another metric, dimension or an unknown version, or are
// those of an index without trees in a format made of trees; InvalidArgument if
// metric and dimension are needed and missing, or the dimension is out of
// range.
absl::StatusOr<Serialized> ReadSerialized(absl::Span<const char> bytes,
                                          const SerializedReadOptions& options);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_SERIALIZED_H_
