#include "core/version/manifest.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/checksum.h"
#include "core/storage/index_settings.h"
#include "core/storage/layout_names.h"
#include "core/storage/version_files.h"
#include "core/utf8.h"

namespace annod {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr size_t kMaxFiles = 64;
constexpr size_t kMaxFileNameBytes = 64;
constexpr size_t kMaxShortBytes = 64;
constexpr size_t kMaxRecallPoints = 1024;
constexpr int64_t kMaxTrees = int64_t{1} << 31;
constexpr char kWhat[] = "MANIFEST.json";

// A plain name: a manifest must not lead out of its directory.
bool IsPlainFileName(absl::string_view name) {
  return !name.empty() && absl::ascii_isalnum(name.front()) &&
         absl::c_all_of(name, [](char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
         });
}

absl::StatusOr<ManifestFile> FileFromJson(const json& object) {
  if (!object.is_object()) {
    return absl::DataLossError(
        absl::StrCat(kWhat, ": an element of 'files' is not an object"));
  }
  JsonFields fields(object, kWhat);
  ManifestFile file;
  file.name = fields.String("name", kMaxFileNameBytes);
  file.bytes = static_cast<uint64_t>(fields.Int("bytes", 0, INT64_MAX));
  file.xxh3_64 = fields.Checksum("xxh3_64");
  ANNOD_RETURN_IF_ERROR(fields.status());
  if (!IsPlainFileName(file.name)) {
    return absl::DataLossError(absl::StrCat(kWhat, ": file name '",
                                            ForMessage(file.name),
                                            "' is not a plain name"));
  }
  return file;
}

// The curves have the same form; what is tuned has its own name in each.
struct SettingPoint {
  int64_t setting;
  double recall;
};

json CurveToJson(const std::vector<SettingPoint>& curve, const char* setting,
                 int query_count) {
  json points = json::array();
  for (const SettingPoint& point : curve) {
    points.push_back({{setting, point.setting}, {"recall", point.recall}});
  }
  return {{"points", std::move(points)}, {"query_count", query_count}};
}

absl::StatusOr<std::vector<SettingPoint>> CurveFromJson(const json& object,
                                                        const char* name,
                                                        const char* setting,
                                                        int64_t most_setting,
                                                        int* query_count) {
  if (!object.is_object()) {
    return absl::DataLossError(
        absl::StrCat(kWhat, ": '", name, "' is not an object"));
  }
  JsonFields fields(object, kWhat);
  *query_count = static_cast<int>(fields.Int("query_count", 1, INT32_MAX));
  const json* const points = fields.Array("points", kMaxRecallPoints);
  ANNOD_RETURN_IF_ERROR(fields.status());
  std::vector<SettingPoint> curve;
  for (const json& entry : *points) {
    if (!entry.is_object()) {
      return absl::DataLossError(absl::StrCat(kWhat, ": an element of '", name,
                                              ".points' is not an object"));
    }
    JsonFields point_fields(entry, kWhat);
    SettingPoint point;
    point.setting = point_fields.Int(setting, 1, most_setting);
    point.recall = point_fields.Fraction("recall");
    ANNOD_RETURN_IF_ERROR(point_fields.status());
    if (!curve.empty() && (point.setting <= curve.back().setting ||
                           point.recall < curve.back().recall)) {
      return absl::DataLossError(absl::StrCat(kWhat, ": '", name, "' falls at ",
                                              setting, " ", point.setting));
    }
    curve.push_back(point);
  }
  return curve;
}

json CurveToJson(const RecallCurve& curve) {
  std::vector<SettingPoint> points;
  for (const RecallPoint& point : curve.points) {
    points.push_back({point.search_k, point.recall});
  }
  return CurveToJson(points, "search_k", curve.query_count);
}

json CurveToJson(const BeamCurve& curve) {
  std::vector<SettingPoint> points;
  for (const BeamPoint& point : curve.points) {
    points.push_back({point.beam, point.recall});
  }
  json object = CurveToJson(points, "beam", curve.query_count);
  if (curve.most_n > 0) object["most_n"] = curve.most_n;
  for (const BeamFactor& one : curve.factors) {
    object["factors"].push_back({{"n", one.n}, {"factor", one.factor}});
  }
  return object;
}

absl::StatusOr<RecallCurve> RecallCurveFromJson(const json& object,
                                                const char* name) {
  RecallCurve curve;
  ANNOD_ASSIGN_OR_RETURN(
      const std::vector<SettingPoint> points,
      CurveFromJson(object, name, "search_k", INT64_MAX, &curve.query_count));
  for (const SettingPoint& point : points) {
    curve.points.push_back({point.setting, point.recall});
  }
  return curve;
}

absl::StatusOr<std::vector<BeamFactor>> FactorsFromJson(const json& object) {
  JsonFields fields(object, kWhat);
  const json* const entries = fields.Array("factors", kMaxBeamFactors);
  ANNOD_RETURN_IF_ERROR(fields.status());
  std::vector<BeamFactor> factors;
  for (const json& entry : *entries) {
    if (!entry.is_object() || !entry.value("factor", json()).is_number()) {
      return absl::DataLossError(
          absl::StrCat(kWhat,
                       ": an element of 'beam_curve.factors' is not an "
                       "object with a number 'factor'"));
    }
    JsonFields own(entry, kWhat);
    factors.push_back({static_cast<int32_t>(own.Int("n", 1, INT32_MAX)),
                       entry["factor"].get<double>()});
    ANNOD_RETURN_IF_ERROR(own.status());
  }
  return factors;
}

absl::StatusOr<BeamCurve> BeamCurveFromJson(const json& object) {
  BeamCurve curve;
  ANNOD_ASSIGN_OR_RETURN(const std::vector<SettingPoint> points,
                         CurveFromJson(object, "beam_curve", "beam", INT32_MAX,
                                       &curve.query_count));
  for (const SettingPoint& point : points) {
    curve.points.push_back({static_cast<int32_t>(point.setting), point.recall});
  }
  if (object.contains("most_n")) {
    JsonFields fields(object, kWhat);
    curve.most_n = static_cast<int32_t>(fields.Int("most_n", 1, INT32_MAX));
    ANNOD_RETURN_IF_ERROR(fields.status());
  }
  if (object.contains("factors")) {
    ANNOD_ASSIGN_OR_RETURN(curve.factors, FactorsFromJson(object));
    const std::string wrong = WrongFactors(curve);
    if (!wrong.empty()) {
      return absl::DataLossError(absl::StrCat(kWhat, ": beam_curve: ", wrong));
    }
  }
  return curve;
}

absl::Status CheckCounts(const Manifest& manifest) {
  if (manifest.item_count > manifest.slot_count ||
      manifest.label_count > manifest.item_count) {
    return absl::DataLossError(
        absl::StrCat(kWhat, ": ", manifest.label_count, " labels, ",
                     manifest.item_count, " items, ", manifest.slot_count,
                     " slots; each must be at most the next"));
  }
  const auto layout =
      MakeNodeLayout(manifest.layout, manifest.metric, manifest.dim);
  if (!layout.ok()) {
    return absl::DataLossError(
        absl::StrCat(kWhat, ": ", layout.status().message()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ManifestToJson(const Manifest& manifest) {
  json files = json::array();
  for (const ManifestFile& file : manifest.files) {
    files.push_back({{"name", file.name},
                     {"bytes", file.bytes},
                     {"xxh3_64", ChecksumToHex(file.xxh3_64)}});
  }
  json object;
  object["version"] = manifest.version;
  object["dim"] = manifest.dim;
  object["metric"] = std::string(MetricName(manifest.metric));
  object["layout"] = std::string(LayoutName(manifest.layout));
  object["slot_count"] = manifest.slot_count;
  object["item_count"] = manifest.item_count;
  if (manifest.next_id > manifest.slot_count) {
    object["next_id"] = manifest.next_id;
  }
  object["tree_count"] = manifest.tree_count;
  object["label_count"] = manifest.label_count;
  object["seed"] = manifest.seed;
  object["build_seconds"] = manifest.build_seconds;
  object["create_time"] = manifest.create_time;
  object["journal_through"] = manifest.journal_through;
  object["incarnation"] = manifest.incarnation;
  if (manifest.feature_names.has_value()) {
    object["feature_names"] = *manifest.feature_names;
  }
  object["files"] = std::move(files);
  if (!manifest.recall_curve.points.empty()) {
    object["recall_curve"] = CurveToJson(manifest.recall_curve);
  }
  if (!manifest.coded_recall_curve.points.empty()) {
    object["coded_recall_curve"] = CurveToJson(manifest.coded_recall_curve);
  }
  if (!manifest.beam_curve.points.empty()) {
    object["beam_curve"] = CurveToJson(manifest.beam_curve);
  }
  return SealJson(std::move(object), kFormat);
}

absl::StatusOr<Manifest> ManifestFromJson(absl::string_view text) {
  ANNOD_ASSIGN_OR_RETURN(const json object, UnsealJson(text, kFormat, kWhat));
  JsonFields fields(object, kWhat);
  Manifest manifest;
  manifest.version = fields.Int("version", 0, kMaxVersion);
  manifest.dim = static_cast<int>(fields.Int("dim", 1, kMaxDim));
  const std::string metric = fields.String("metric", kMaxShortBytes);
  const std::string layout = fields.String("layout", kMaxShortBytes);
  manifest.slot_count = fields.Int("slot_count", 0, int64_t{kMaxItemId} + 1);
  manifest.item_count = fields.Int("item_count", 0, int64_t{kMaxItemId} + 1);
  if (object.contains("next_id")) {
    manifest.next_id = fields.Int("next_id", 0, int64_t{kMaxItemId} + 1);
  }
  manifest.tree_count =
      static_cast<int>(fields.Int("tree_count", 0, kMaxTrees - 1));
  manifest.label_count = fields.Int("label_count", 0, int64_t{kMaxItemId} + 1);
  manifest.seed = fields.Unsigned("seed");
  manifest.build_seconds = fields.Seconds("build_seconds");
  manifest.create_time = fields.String("create_time", kMaxShortBytes);
  manifest.journal_through = fields.Int("journal_through", 0, INT64_MAX);
  manifest.incarnation = fields.String("incarnation", kMaxShortBytes);
  const json* const files = fields.Array("files", kMaxFiles);
  ANNOD_RETURN_IF_ERROR(fields.status());
  ANNOD_ASSIGN_OR_RETURN(manifest.metric, MetricFromFile(metric, kWhat));
  ANNOD_ASSIGN_OR_RETURN(manifest.layout, LayoutFromFile(layout, kWhat));
  for (const json& entry : *files) {
    ANNOD_ASSIGN_OR_RETURN(ManifestFile file, FileFromJson(entry));
    const bool repeated = absl::c_any_of(
        manifest.files,
        [&](const ManifestFile& other) { return other.name == file.name; });
    if (repeated) {
      return absl::DataLossError(
          absl::StrCat(kWhat, ": file '", file.name, "' is listed twice"));
    }
    manifest.files.push_back(std::move(file));
  }
  // Versions of before it was measured have none.
  if (const auto curve = object.find("recall_curve"); curve != object.end()) {
    ANNOD_ASSIGN_OR_RETURN(manifest.recall_curve,
                           RecallCurveFromJson(*curve, "recall_curve"));
  }
  if (const auto curve = object.find("coded_recall_curve");
      curve != object.end()) {
    ANNOD_ASSIGN_OR_RETURN(manifest.coded_recall_curve,
                           RecallCurveFromJson(*curve, "coded_recall_curve"));
  }
  if (const auto curve = object.find("beam_curve"); curve != object.end()) {
    ANNOD_ASSIGN_OR_RETURN(manifest.beam_curve, BeamCurveFromJson(*curve));
  }
  if (object.contains("feature_names")) {
    const json* const names = fields.Array("feature_names", kMaxDim);
    ANNOD_RETURN_IF_ERROR(fields.status());
    ANNOD_ASSIGN_OR_RETURN(manifest.feature_names,
                           FeatureNamesFromJson(*names, kWhat));
    const absl::Status valid =
        ValidateFeatureNames(*manifest.feature_names, manifest.dim);
    if (!valid.ok()) {
      return absl::DataLossError(absl::StrCat(kWhat, ": ", valid.message()));
    }
  }
  ANNOD_RETURN_IF_ERROR(CheckCounts(manifest));
  return manifest;
}

}  // namespace annod
