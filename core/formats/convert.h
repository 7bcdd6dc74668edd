#ifndef ANNOD_CORE_FORMATS_CONVERT_H_
#define ANNOD_CORE_FORMATS_CONVERT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/forest/build_rules.h"
#include "core/forest/forest_builder.h"
#include "core/formats/format.h"
#include "core/formats/serialized.h"

namespace annod {

struct ConvertOptions {
  Format to = Format::kNative;
  // Layout to write. By default that of the input with ids of 32 bits; for
  // blobs dot-24 and hamming-16, the only ones scikit-plots reads. Of vectors
  // without a forest the first that the metric has.
  std::optional<LayoutKind> layout;
  // Canonical: write holes as zero vectors instead of failing.
  bool fill_holes = false;
  // Build the trees again even if they could be kept.
  bool rebuild = false;
  // Of trees that are built again: how many (default: as many as there were,
  // of an unbuilt index 50), the seed (default: the one recorded, else Annoy's)
  // and the rules (default: of the program that wrote the canonical blob, else
  // kAnnod). The seed is also what a canonical blob will record.
  std::optional<int> tree_count;
  std::optional<uint64_t> seed;
  std::optional<BuildRules> rules;
  int threads = 0;
  // As in ForestBuildOptions.
  std::function<void(const BuildProgressReport&)> progress;
  const std::atomic<bool>* cancel = nullptr;
};

struct ConvertResult {
  // Of formats made of trees.
  std::optional<NodeLayout> layout;
  int64_t node_count = 0;
  bool rebuilt = false;  // the trees are new
  // Of trees built here, or recorded.
  std::optional<uint64_t> seed;
  BuildRules rules = BuildRules::kAnnod;  // of trees built here

  int tree_count = 0;
  int64_t slot_count = 0;
  int64_t item_count = 0;
  int64_t filled_holes = 0;
  uint64_t bytes = 0;
};

// Writes `input` in another format to `path`, which must not exist, synced.
// Trees are kept where the layouts allow it (native_writer.h), else built again
// from the items. Into formats without metric and dimension those are lost.
//
// FailedPrecondition for holes that a canonical blob cannot say;
// InvalidArgument for options that BuildForest() refuses, a layout of another
// metric, or one that a blob cannot have; Cancelled; I/O errors. On failure
// nothing is left.
absl::StatusOr<ConvertResult> ConvertSerialized(const Serialized& input,
                                                const ConvertOptions& options,
                                                FileSystem* fs,
                                                const std::string& path);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_CONVERT_H_
