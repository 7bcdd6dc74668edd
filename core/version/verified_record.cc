#include "core/version/verified_record.h"

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/layout_names.h"

namespace annod {
namespace {

using nlohmann::json;

// Raised whenever verification learns to find more: old records then do not
// count.
constexpr int kRecordFormat = 1;
constexpr char kRecordWhat[] = "verified record";

json FilesToJson(const std::vector<FileIdentity>& files) {
  json array = json::array();
  for (const FileIdentity& file : files) {
    array.push_back({{"name", file.name},
                     {"inode", file.inode},
                     {"bytes", file.bytes},
                     {"mtime_ns", file.mtime_ns}});
  }
  return array;
}

std::string RecordText(const std::vector<FileIdentity>& files,
                       const VerifiedFacts& facts) {
  json object;
  object["files"] = FilesToJson(files);
  object["layout"] = std::string(LayoutName(facts.layout));
  object["item_count"] = facts.item_count;
  return SealJson(std::move(object), kRecordFormat);
}

}  // namespace

absl::StatusOr<FileIdentity> IdentifyFile(FileSystem* fs,
                                          const std::string& path,
                                          absl::string_view name) {
  ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs->Stat(path));
  return FileIdentity{std::string(name), info.inode, info.size, info.mtime_ns};
}

std::optional<VerifiedFacts> ReadVerified(
    FileSystem* fs, const std::string& path,
    const std::vector<FileIdentity>& files) {
  const auto text = fs->ReadFile(path, kMaxJsonBytes);
  if (!text.ok()) return std::nullopt;
  const auto object = UnsealJson(*text, kRecordFormat, kRecordWhat);
  if (!object.ok()) return std::nullopt;
  JsonFields fields(*object, kRecordWhat);
  const json* const remembered = fields.Array("files", files.size());
  const std::string layout = fields.String("layout", 64);
  VerifiedFacts facts;
  facts.item_count = fields.Int("item_count", 0, int64_t{kMaxItemId} + 1);
  if (!fields.status().ok() || *remembered != FilesToJson(files)) {
    return std::nullopt;
  }
  const auto kind = LayoutFromFile(layout, kRecordWhat);
  if (!kind.ok()) return std::nullopt;
  facts.layout = *kind;
  return facts;
}

absl::StatusOr<VerifiedFacts> VerifyOnce(
    FileSystem* fs, const std::string& record_path,
    const std::string& lock_path, const std::vector<FileIdentity>& files,
    const std::function<absl::StatusOr<VerifiedFacts>()>& verify,
    bool* trusted) {
  *trusted = true;
  std::optional<VerifiedFacts> known = ReadVerified(fs, record_path, files);
  if (known.has_value()) return *known;
  const auto lock = fs->Lock(lock_path);
  if (lock.ok()) {
    // Whoever had the lock before may have done the work.
    known = ReadVerified(fs, record_path, files);
    if (known.has_value()) return *known;
  }
  *trusted = false;
  ANNOD_ASSIGN_OR_RETURN(const VerifiedFacts facts, verify());
  if (lock.ok()) {
    WriteFileAtomically(fs, record_path, RecordText(files, facts))
        .IgnoreError();
  }
  return facts;
}

}  // namespace annod
