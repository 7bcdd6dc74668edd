#include "core/storage/manifest.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/checksum.h"
#include "core/storage/layout_names.h"
#include "core/utf8.h"

namespace annod {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr size_t kMaxFiles = 64;
constexpr size_t kMaxFileNameBytes = 64;
constexpr size_t kMaxShortBytes = 64;
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
  object["files"] = std::move(files);
  return SealJson(std::move(object), kFormat);
}

absl::StatusOr<Manifest> ManifestFromJson(absl::string_view text) {
  ANNOD_ASSIGN_OR_RETURN(const json object, UnsealJson(text, kFormat, kWhat));
  JsonFields fields(object, kWhat);
  Manifest manifest;
  manifest.version = fields.Int("version", 0, INT64_MAX);
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
  ANNOD_RETURN_IF_ERROR(CheckCounts(manifest));
  return manifest;
}

}  // namespace annod
