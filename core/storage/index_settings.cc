#include "core/storage/index_settings.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/layout_names.h"
#include "core/utf8.h"

namespace annod {
namespace {

constexpr int kFormat = 1;
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxPathBytes = 4095;  // Linux's PATH_MAX without the NUL
constexpr size_t kMaxShortBytes = 64;
constexpr int kMaxN = 10000;
constexpr int kMaxTrees = 10000;
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

}  // namespace

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
  if (settings.dim < 1 || settings.dim > kMaxDim) {
    return OutOfRange("dimension", settings.dim, absl::StrCat("1..", kMaxDim));
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
  object["incarnation"] = settings.incarnation;
  object["create_time"] = settings.create_time;
  return SealJson(std::move(object), kFormat);
}

absl::StatusOr<IndexSettings> IndexSettingsFromJson(absl::string_view json) {
  ANNOD_ASSIGN_OR_RETURN(const nlohmann::json object,
                         UnsealJson(json, kFormat, kWhat));
  JsonFields fields(object, kWhat);
  IndexSettings settings;
  settings.name = fields.String("name", kMaxNameBytes);
  settings.dim = static_cast<int>(fields.Int("dim", 1, kMaxDim));
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
  const absl::Status valid = ValidateIndexSettings(settings);
  if (!valid.ok()) {
    return absl::DataLossError(absl::StrCat(kWhat, ": ", valid.message()));
  }
  return settings;
}

}  // namespace annod
