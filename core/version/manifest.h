#ifndef ANNOD_CORE_VERSION_MANIFEST_H_
#define ANNOD_CORE_VERSION_MANIFEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/graph/beam_curve.h"
#include "core/metric.h"
#include "core/recall/recall_curve.h"

namespace annod {

// A file of a version.
struct ManifestFile {
  std::string name;
  uint64_t bytes = 0;
  uint64_t xxh3_64 = 0;
};

// Contents of a version's MANIFEST.json (docs/format.md).
struct Manifest {
  int64_t version = 0;
  int dim = 0;
  Metric metric = Metric::kAngular;
  LayoutKind layout = LayoutKind::kAngular12;
  int64_t slot_count = 0;  // Annoy's n_items: largest id plus one
  int64_t item_count = 0;
  // The id that an item without one gets next, if that is above slot_count:
  // items at the end were removed.
  int64_t next_id = 0;
  int tree_count = 0;
  int64_t label_count = 0;
  uint64_t seed = 0;
  double build_seconds = 0;
  RecallCurve recall_curve;  // empty if it was not measured
  BeamCurve beam_curve;      // the graph's; empty if there is none
  // Of searches of the forest with rank_by_codes; empty without a graph, and in
  // versions of before it was measured.
  RecallCurve coded_recall_curve;
  std::string create_time;  // RFC 3339, UTC
  // Journal segments up to this number, of the index with this incarnation, are
  // contained in the version. In a version opened by another index (copied from
  // elsewhere) journal_through is taken as 0.
  int64_t journal_through = 0;
  std::string incarnation;
  // Names of the components when it was built; absent if its builder did not
  // know of names.
  std::optional<std::vector<std::string>> feature_names;
  std::vector<ManifestFile> files;
};

std::string ManifestToJson(const Manifest& manifest);
// DataLoss naming what is wrong; FailedPrecondition if its format is newer.
absl::StatusOr<Manifest> ManifestFromJson(absl::string_view json);

}  // namespace annod

#endif  // ANNOD_CORE_VERSION_MANIFEST_H_
