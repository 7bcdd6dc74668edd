#include "core/storage/index_settings.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/layout_names.h"
#include "core/storage/version_files.h"
#include "core/utf8.h"

namespace annod {
namespace {

constexpr int kSettingsFormat = 1;
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxPathBytes = 4095;  // Linux's PATH_MAX without the NUL
constexpr size_t kMaxShortBytes = 64;
constexpr int kMaxN = 10000;
constexpr int kMaxTrees = 10000;
constexpr int kMaxVerbosity = 2;
constexpr Prefault kAllPrefaults[] = {Prefault::kNone, Prefault::kAdvise,
                                      Prefault::kPopulate, Prefault::kLock};
constexpr char kWhat[] = "settings.json";

absl::Status OutOfRange(absl::string_view field, int64_t value,
                        absl::string_view range) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", value, "; it must be in ", range));
}

absl::Status ValidateAttachedPath(absl::string_view path) {
  if (path.empty()) return absl::OkStatus();
  if (path.front() != '/' || path.size() > kMaxPathBytes ||
      path.find('\0') != absl::string_view::npos || !IsValidUtf8(path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("attached path '", ForMessage(path),
                     "' must be an absolute path in UTF-8 of at most ",
                     kMaxPathBytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status ValidateShortText(absl::string_view field,
                               absl::string_view text) {
  if (text.size() > kMaxShortBytes || !IsValidUtf8(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " '", ForMessage(text),
                     "' must be UTF-8 of at most ", kMaxShortBytes, " bytes"));
  }
  return absl::OkStatus();
}

template <typename Value, size_t kCount, typename NameOf>
absl::StatusOr<Value> ByName(const Value (&values)[kCount], NameOf name_of,
                             absl::string_view field, absl::string_view text) {
  for (const Value value : values) {
    if (name_of(value) == text) return value;
  }
  return absl::DataLossError(absl::StrCat(
      kWhat, ": ", field, " is '", ForMessage(text), "', which is not known"));
}

constexpr const char* kLaterFields[] = {
    "hamming_layout",  "build_rules",      "prefault",
    "verbosity",       "feature_names",    "allow_duplicate_labels",
    "unbuilt_through", "rolled_back_from", "feature_names_through"};

// What settings written by earlier programs do not have: none of it or all.
absl::Status ReadLaterFields(const nlohmann::json& object,
                             IndexSettings* settings) {
  const bool earlier = std::none_of(
      std::begin(kLaterFields), std::end(kLaterFields),
      [&object](const char* field) { return object.contains(field); });
  if (earlier) return absl::OkStatus();
  JsonFields fields(object, kWhat);
  const std::string layout = fields.String("hamming_layout", kMaxShortBytes);
  const std::string rules = fields.String("build_rules", kMaxShortBytes);
  const std::string prefault = fields.String("prefault", kMaxShortBytes);
  settings->verbosity =
      static_cast<int>(fields.Int("verbosity", -kMaxVerbosity, kMaxVerbosity));
  settings->allow_duplicate_labels =
      fields.Int("allow_duplicate_labels", 0, 1) == 1;
  settings->unbuilt_through = fields.Int("unbuilt_through", 0, kMaxVersion);
  settings->rolled_back_from = fields.Int("rolled_back_from", 0, kMaxVersion);
  settings->feature_names_through =
      fields.Int("feature_names_through", 0, INT64_MAX);
  const nlohmann::json* names = fields.Array("feature_names", kMaxDim);
  ANNOD_RETURN_IF_ERROR(fields.status());
  ANNOD_ASSIGN_OR_RETURN(settings->hamming_layout,
                         LayoutFromFile(layout, kWhat));
  ANNOD_ASSIGN_OR_RETURN(
      settings->build_rules,
      ByName(kAllBuildRules, BuildRulesName, "build_rules", rules));
  ANNOD_ASSIGN_OR_RETURN(settings->prefault, ByName(kAllPrefaults, PrefaultName,
                                                    "prefault", prefault));
  ANNOD_ASSIGN_OR_RETURN(settings->feature_names,
                         FeatureNamesFromJson(*names, kWhat));
  return absl::OkStatus();
}

// Only temporary indexes have one.
absl::Status ReadLease(const nlohmann::json& object, IndexSettings* settings) {
  if (!object.contains("lease_seconds")) return absl::OkStatus();
  JsonFields fields(object, kWhat);
  settings->lease_seconds =
      static_cast<int32_t>(fields.Int("lease_seconds", 1, kMaxLeaseSeconds));
  settings->lease_expire_unix_ms =
      fields.Int("lease_expire_unix_ms", 0, INT64_MAX);
  return fields.status();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FeatureNamesFromJson(
    const nlohmann::json& array, absl::string_view what) {
  std::vector<std::string> names;
  for (const nlohmann::json& name : array) {
    if (!name.is_string()) {
      return absl::DataLossError(absl::StrCat(what, ": feature_names holds ",
                                              name.type_name(),
                                              " where a text was expected"));
    }
    names.push_back(name.get<std::string>());
  }
  return names;
}

absl::Status ValidateFeatureNames(const std::vector<std::string>& names,
                                  int dim) {
  if (names.empty()) return absl::OkStatus();
  if (dim != 0 && names.size() != static_cast<size_t>(dim)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "feature_names has ", names.size(), " names; the dimension is ", dim));
  }
  size_t bytes = 0;
  absl::flat_hash_set<absl::string_view> seen;
  for (const std::string& name : names) {
    bytes += name.size();
    const bool has_control =
        std::any_of(name.begin(), name.end(), absl::ascii_iscntrl);
    if (name.empty() || name.size() > kMaxFeatureNameBytes || has_control ||
        !IsValidUtf8(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature name '", ForMessage(name), "' has ",
                       name.size(), " bytes; it must be UTF-8 of 1 to ",
                       kMaxFeatureNameBytes, " without control characters"));
    }
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature name '", ForMessage(name), "' is there twice"));
    }
  }
  if (bytes > kMaxFeatureNamesBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("feature_names take ", bytes,
                     " bytes together; the limit is ", kMaxFeatureNamesBytes));
  }
  return absl::OkStatus();
}

absl::Status ValidateIndexName(absl::string_view name) {
  bool valid = !name.empty() && name.size() <= kMaxNameBytes &&
               absl::ascii_isalnum(name.front());
  for (const char c : name) {
    valid =
        valid && (absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-');
  }
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "index name '", ForMessage(name), "' has ", name.size(),
      " bytes; it must be 1 to ", kMaxNameBytes,
      " ASCII letters, digits, '_', '.', '-', the first a letter or digit"));
}

absl::Status ValidateIndexSettings(const IndexSettings& settings) {
  ANNOD_RETURN_IF_ERROR(ValidateIndexName(settings.name));
  const int min_dim = settings.attached() ? 1 : 0;
  if (settings.dim < min_dim || settings.dim > kMaxDim) {
    return OutOfRange("dimension", settings.dim,
                      absl::StrCat(min_dim, "..", kMaxDim));
  }
  if (MetricName(settings.metric) == "unknown") {
    return OutOfRange("metric", static_cast<int>(settings.metric), "1..5");
  }
  if (settings.default_n < 1 || settings.default_n > kMaxN) {
    return OutOfRange("default_n", settings.default_n,
                      absl::StrCat("1..", kMaxN));
  }
  if (settings.default_tree_count != -1 &&
      (settings.default_tree_count < 1 ||
       settings.default_tree_count > kMaxTrees)) {
    return OutOfRange("default_tree_count", settings.default_tree_count,
                      absl::StrCat("1..", kMaxTrees, ", or -1"));
  }
  if (settings.dot_layout != LayoutKind::kDot24 &&
      settings.dot_layout != LayoutKind::kDot16) {
    return absl::InvalidArgumentError(
        absl::StrCat("dot_layout is ", LayoutName(settings.dot_layout),
                     "; it must be dot-24 or dot-16"));
  }
  if (settings.hamming_layout != LayoutKind::kHamming16 &&
      settings.hamming_layout != LayoutKind::kHamming12) {
    return absl::InvalidArgumentError(
        absl::StrCat("hamming_layout is ", LayoutName(settings.hamming_layout),
                     "; it must be hamming-16 or hamming-12"));
  }
  if (settings.verbosity < -kMaxVerbosity ||
      settings.verbosity > kMaxVerbosity) {
    return OutOfRange("verbosity", settings.verbosity,
                      absl::StrCat(-kMaxVerbosity, "..", kMaxVerbosity));
  }
  if (settings.lease_seconds < 0 || settings.lease_seconds > kMaxLeaseSeconds) {
    return OutOfRange("lease_seconds", settings.lease_seconds,
                      absl::StrCat("0..", kMaxLeaseSeconds));
  }
  if (settings.unbuilt_through < 0) {
    return OutOfRange("unbuilt_through", settings.unbuilt_through, "0 or more");
  }
  if (settings.feature_names_through < 0) {
    return OutOfRange("feature_names_through", settings.feature_names_through,
                      "0 or more");
  }
  if (settings.rolled_back_from < 0) {
    return OutOfRange("rolled_back_from", settings.rolled_back_from,
                      "0 or more");
  }
  ANNOD_RETURN_IF_ERROR(
      ValidateFeatureNames(settings.feature_names, settings.dim));
  ANNOD_RETURN_IF_ERROR(ValidateAttachedPath(settings.attached_path));
  ANNOD_RETURN_IF_ERROR(ValidateShortText("incarnation", settings.incarnation));
  return ValidateShortText("create_time", settings.create_time);
}

std::string IndexSettingsToJson(const IndexSettings& settings) {
  nlohmann::json object;
  object["name"] = settings.name;
  object["dim"] = settings.dim;
  object["metric"] = std::string(MetricName(settings.metric));
  object["default_n"] = settings.default_n;
  object["default_tree_count"] = settings.default_tree_count;
  object["seed"] = settings.seed;
  object["dot_layout"] = std::string(LayoutName(settings.dot_layout));
  object["attached_path"] = settings.attached_path;
  object["hamming_layout"] = std::string(LayoutName(settings.hamming_layout));
  object["build_rules"] = std::string(BuildRulesName(settings.build_rules));
  object["prefault"] = std::string(PrefaultName(settings.prefault));
  object["verbosity"] = settings.verbosity;
  object["feature_names"] = settings.feature_names;
  object["feature_names_through"] = settings.feature_names_through;
  object["allow_duplicate_labels"] = settings.allow_duplicate_labels ? 1 : 0;
  object["unbuilt_through"] = settings.unbuilt_through;
  object["rolled_back_from"] = settings.rolled_back_from;
  object["incarnation"] = settings.incarnation;
  object["create_time"] = settings.create_time;
  if (settings.lease_seconds > 0) {
    object["lease_seconds"] = settings.lease_seconds;
    object["lease_expire_unix_ms"] = settings.lease_expire_unix_ms;
  }
  return SealJson(std::move(object), kSettingsFormat);
}

absl::StatusOr<IndexSettings> IndexSettingsFromJson(absl::string_view json) {
  ANNOD_ASSIGN_OR_RETURN(const nlohmann::json object,
                         UnsealJson(json, kSettingsFormat, kWhat));
  JsonFields fields(object, kWhat);
  IndexSettings settings;
  settings.name = fields.String("name", kMaxNameBytes);
  settings.dim = static_cast<int>(fields.Int("dim", 0, kMaxDim));
  const std::string metric = fields.String("metric", kMaxShortBytes);
  settings.default_n = static_cast<int>(fields.Int("default_n", 1, kMaxN));
  settings.default_tree_count =
      static_cast<int>(fields.Int("default_tree_count", -1, kMaxTrees));
  settings.seed = fields.Unsigned("seed");
  const std::string layout = fields.String("dot_layout", kMaxShortBytes);
  settings.attached_path = fields.String("attached_path", kMaxPathBytes);
  settings.incarnation = fields.String("incarnation", kMaxShortBytes);
  settings.create_time = fields.String("create_time", kMaxShortBytes);
  ANNOD_RETURN_IF_ERROR(fields.status());
  ANNOD_ASSIGN_OR_RETURN(settings.metric, MetricFromFile(metric, kWhat));
  ANNOD_ASSIGN_OR_RETURN(settings.dot_layout, LayoutFromFile(layout, kWhat));
  ANNOD_RETURN_IF_ERROR(ReadLaterFields(object, &settings));
  ANNOD_RETURN_IF_ERROR(ReadLease(object, &settings));
  const absl::Status valid = ValidateIndexSettings(settings);
  if (!valid.ok()) {
    return absl::DataLossError(absl::StrCat(kWhat, ": ", valid.message()));
  }
  return settings;
}

}  // namespace annod
