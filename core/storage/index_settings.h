#ifndef ANNOD_CORE_STORAGE_INDEX_SETTINGS_H_
#define ANNOD_CORE_STORAGE_INDEX_SETTINGS_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/forest/build_rules.h"
#include "core/forest/default_seed.h"
#include "core/metric.h"

namespace annod {

// What an index is: the contents of settings.json (docs/format.md). Written
// when the index is created and when a setting changes.
struct IndexSettings {
  std::string name;  // [A-Za-z0-9][A-Za-z0-9_.-]{0,63}
  int dim = 0;       // 0: the first item will fix it
  Metric metric = Metric::kAngular;
  int default_n = 10;           // neighbours when a query gives no n
  int default_tree_count = 50;  // trees when a build gives none; -1: automatic
  uint64_t seed = kDefaultSeed;
  LayoutKind dot_layout = LayoutKind::kDot24;
  LayoutKind hamming_layout = LayoutKind::kHamming16;
  BuildRules build_rules = BuildRules::kAnnod;  // of builds that give none
  Prefault prefault = Prefault::kAdvise;
  int verbosity = 0;  // how much builds log, [-2, 2]
  // Names of the components: none, or `dim` different ones.
  std::vector<std::string> feature_names;
  // Versions up to this number have these feature names; a later one has those
  // of its manifest (EffectiveSettings).
  int64_t feature_names_through = 0;
  bool allow_duplicate_labels = false;
  // Versions up to this number are not served (Unbuild); 0: none.
  int64_t unbuilt_through = 0;
  // The newest version when an older one was made current (Activate); 0: never.
  // Versions up to this number and up to CURRENT's have been published; what
  // lies beyond was copied in, or its publication was interrupted.
  int64_t rolled_back_from = 0;
  // Absolute path of an attached file, or empty for an index annod builds
  // itself.
  std::string attached_path;
  // Distinguishes an index from a later one of the same name.
  std::string incarnation;
  std::string create_time;  // RFC 3339, UTC
  // A temporary index is dropped when its lease has expired (server/writer): so
  // many seconds after it was made or renewed last; 0: it stays.
  int32_t lease_seconds = 0;
  int64_t lease_expire_unix_ms = 0;  // 0 without a lease

  bool attached() const { return !attached_path.empty(); }
};

inline constexpr int32_t kMaxLeaseSeconds = 366 * 24 * 60 * 60;
inline constexpr size_t kMaxFeatureNameBytes = 1024;
// Of all names together: settings stay a small file.
inline constexpr size_t kMaxFeatureNamesBytes = size_t{1} << 19;

// InvalidArgument naming field, value and limit.
absl::Status ValidateIndexName(absl::string_view name);
// `dim` 0: not known yet.
absl::Status ValidateFeatureNames(const std::vector<std::string>& names,
                                  int dim);
// From an array of a JSON file, which `what` names: DataLoss unless all are
// texts.
absl::StatusOr<std::vector<std::string>> FeatureNamesFromJson(
    const nlohmann::json& array, absl::string_view what);
absl::Status ValidateIndexSettings(const IndexSettings& settings);

std::string IndexSettingsToJson(const IndexSettings& settings);
// DataLoss if `json` is not a valid settings.json; FailedPrecondition if its
// format is newer than this program.
absl::StatusOr<IndexSettings> IndexSettingsFromJson(absl::string_view json);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_INDEX_SETTINGS_H_
