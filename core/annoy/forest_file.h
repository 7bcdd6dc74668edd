#ifndef ANNOD_CORE_ANNOY_FOREST_FILE_H_
#define ANNOD_CORE_ANNOY_FOREST_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/verify.h"
#include "core/metric.h"

namespace annod {

// A forest found in the bytes of a native file and checked.
struct ForestFile {
  ForestData forest;
  int64_t item_count = -1;  // -1: not counted, with kTrusted
};

// Finds the forest in `bytes` (8-aligned, a file's, with or without a header)
// as ForestIndex::Open() describes, with its errors. `notes` gets what kFull
// finds odd without being wrong; may be null.
absl::StatusOr<ForestFile> ReadForestFile(absl::Span<const char> bytes,
                                          Metric metric, int dim, Verify verify,
                                          std::vector<std::string>* notes);

// Checks a forest whose roots have been found; returns the number of items, or
// -1 with kTrusted. DataLoss naming the first violation.
absl::StatusOr<int64_t> CheckForest(const ForestData& forest, Verify verify,
                                    std::vector<std::string>* notes);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_FOREST_FILE_H_
