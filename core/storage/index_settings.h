#ifndef ANNOD_CORE_STORAGE_INDEX_SETTINGS_H_
#define ANNOD_CORE_STORAGE_INDEX_SETTINGS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/forest/default_seed.h"
#include "core/forest/node_layout.h"
#include "core/metric.h"

namespace annod {

// What an index is, fixed at its creation: the contents of settings.json
// (docs/format.md).
struct IndexSettings {
  std::string name;  // [A-Za-z0-9][A-Za-z0-9_.-]{0,63}
  int dim = 0;
  Metric metric = Metric::kAngular;
  int default_n = 10;           // neighbours when a query gives no n
  int default_tree_count = 50;  // trees when a build gives none; -1: automatic
  uint64_t seed = kDefaultSeed;
  LayoutKind dot_layout = LayoutKind::kDot24;
  // Absolute path of an attached file, or empty for an index annod builds
  // itself.
  std::string attached_path;
  // Distinguishes an index from a later one of the same name.
  std::string incarnation;
  std::string create_time;  // RFC 3339, UTC

  bool attached() const { return !attached_path.empty(); }
};

// InvalidArgument naming field, value and limit.
absl::Status ValidateIndexName(absl::string_view name);
absl::Status ValidateIndexSettings(const IndexSettings& settings);

std::string IndexSettingsToJson(const IndexSettings& settings);
// DataLoss if `json` is not a valid settings.json; FailedPrecondition if its
// format is newer than this program.
absl::StatusOr<IndexSettings> IndexSettingsFromJson(absl::string_view json);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_INDEX_SETTINGS_H_
