#include "core/replica/directory_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"
#include "core/version/version_store.h"

namespace annod {
namespace {

constexpr uint64_t kChunkBytes = 1 << 20;

// What cannot be read or is not whole may be on its way.
absl::Status NotYet(const absl::Status& status) {
  if (status.ok() || absl::IsFailedPrecondition(status)) return status;
  return absl::UnavailableError(status.message());
}

// 0 if nothing is served.
absl::StatusOr<int64_t> ServedVersion(const VersionStore& store,
                                      const IndexSettings& settings) {
  ANNOD_ASSIGN_OR_RETURN(const int64_t current, store.Current());
  return current <= settings.unbuilt_through ? 0 : current;
}

}  // namespace

DirectorySource::DirectorySource(FileSystem* fs, std::string path)
    : fs_(fs), data_(fs, std::move(path)) {}

std::string DirectorySource::PathOf(const std::string& index, int64_t version,
                                    const std::string& file) const {
  return JoinPath(JoinPath(JoinPath(data_.IndexPath(index), kVersionsDirectory),
                           VersionName(version)),
                  file);
}

absl::StatusOr<std::vector<SourceIndex>> DirectorySource::List() {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         data_.ListIndexes());
  std::vector<SourceIndex> indexes;
  for (const std::string& name : names) {
    SourceIndex index;
    index.name = name;
    const absl::StatusOr<IndexSettings> settings = data_.ReadSettings(name);
    if (settings.ok() &&
        (settings->attached() || settings->lease_seconds > 0)) {
      continue;
    }
    if (settings.ok()) {
      const absl::StatusOr<int64_t> version =
          ServedVersion(VersionStore(fs_, data_.IndexPath(name)), *settings);
      if (version.ok()) {
        index.version = *version;
        std::string text = IndexSettingsToJson(*settings);
        absl::StrAppend(&text, "\n", *version, "\n");
        if (*version > 0) {
          absl::StrAppend(&text,
                          fs_->ReadFile(PathOf(name, *version, kManifestFile),
                                        kMaxJsonBytes)
                              .value_or(""));
        }
        index.revision = ChecksumToHex(Xxh3(text));
      }
    }
    indexes.push_back(std::move(index));
  }
  return indexes;
}

absl::StatusOr<SourceVersion> DirectorySource::Describe(
    const std::string& index) {
  SourceVersion found;
  absl::StatusOr<IndexSettings> settings = data_.ReadSettings(index);
  if (!settings.ok()) return NotYet(settings.status());
  found.settings = *std::move(settings);
  const absl::StatusOr<int64_t> version =
      ServedVersion(VersionStore(fs_, data_.IndexPath(index)), found.settings);
  if (!version.ok()) return NotYet(version.status());
  if (*version == 0) return found;
  found.has_version = true;
  const std::string path = PathOf(index, *version, kManifestFile);
  absl::StatusOr<std::string> text = fs_->ReadFile(path, kMaxJsonBytes);
  if (!text.ok()) return NotYet(text.status());
  absl::StatusOr<Manifest> manifest = ManifestFromJson(*text);
  if (!manifest.ok()) {
    return NotYet(absl::Status(
        manifest.status().code(),
        absl::StrCat("'", path, "': ", manifest.status().message())));
  }
  if (manifest->version != *version) {
    return absl::UnavailableError(absl::StrCat("'", path, "' is of version ",
                                               manifest->version, ", expected ",
                                               *version));
  }
  for (const ManifestFile& file : manifest->files) {
    const std::string file_path = PathOf(index, *version, file.name);
    const absl::StatusOr<FileInfo> info = fs_->Stat(file_path);
    if (!info.ok()) return NotYet(info.status());
    if (info->size != file.bytes) {
      return absl::UnavailableError(
          absl::StrCat("'", file_path, "' has ", info->size, " of ", file.bytes,
                       " bytes; it is being copied, or was cut"));
    }
  }
  found.manifest = *std::move(manifest);
  found.manifest_json = *std::move(text);
  return found;
}

absl::Status DirectorySource::Read(const std::string& index,
                                   const Manifest& version, uint64_t offset,
                                   uint64_t max_bytes, const Sink& sink) {
  uint64_t begin = 0;  // of the file
  for (const ManifestFile& file : version.files) {
    const uint64_t end = begin + file.bytes;
    while (offset < end && max_bytes > 0) {
      const std::string path = PathOf(index, version.version, file.name);
      const uint64_t wanted = std::min({kChunkBytes, end - offset, max_bytes});
      ANNOD_ASSIGN_OR_RETURN(const std::string bytes,
                             fs_->ReadRange(path, offset - begin, wanted));
      if (bytes.size() < wanted) {
        return absl::UnavailableError(
            absl::StrCat("'", path, "' was cut while it was read"));
      }
      ANNOD_RETURN_IF_ERROR(sink(bytes));
      offset += bytes.size();
      max_bytes -= bytes.size();
    }
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace annod
