// The writer's half of VersionStore: docs/format.md, "Publishing".
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/random_name.h"
#include "core/status_macros.h"
#include "core/storage/version_files.h"
#include "core/version/version_store.h"

namespace annod {
namespace {

class TemporaryVersion final : public PendingVersion {
 public:
  TemporaryVersion(FileSystem* fs, std::string directory)
      : fs_(fs), directory_(std::move(directory)) {}
  // After publication there is nothing of that name any more.
  ~TemporaryVersion() override {
    fs_->RemoveRecursively(directory_).IgnoreError();
  }
  const std::string& directory() const override { return directory_; }

 private:
  FileSystem* const fs_;
  const std::string directory_;
};

std::string TemporaryPath(const std::string& versions) {
  return JoinPath(versions, absl::StrCat(".tmp-", RandomName()));
}

absl::StatusOr<std::vector<ManifestFile>> SyncAndChecksum(
    FileSystem* fs, const std::string& directory) {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         fs->ListDirectory(directory));
  std::vector<ManifestFile> files;
  for (const std::string& name : names) {
    const std::string path = JoinPath(directory, name);
    ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs->Stat(path));
    ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                           fs->OpenForAppend(path, info.size));
    ANNOD_RETURN_IF_ERROR(file->Sync());
    ANNOD_RETURN_IF_ERROR(file->Close());
    ANNOD_ASSIGN_OR_RETURN(const uint64_t checksum, ChecksumFile(fs, path));
    files.push_back({name, info.size, checksum});
  }
  return files;
}

absl::Status WriteSynced(FileSystem* fs, const std::string& path,
                         absl::string_view contents) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         fs->CreateFile(path));
  ANNOD_RETURN_IF_ERROR(file->Append(contents));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

// First takes the number away, so that no half-removed version ever bears one.
absl::Status RemoveVersion(FileSystem* fs, const std::string& versions,
                           int64_t version) {
  const std::string doomed = TemporaryPath(versions);
  ANNOD_RETURN_IF_ERROR(
      fs->RenameNoReplace(JoinPath(versions, VersionName(version)), doomed));
  absl::Status forgotten =
      fs->RemoveFile(JoinPath(versions, VerifiedRecordName(version)));
  if (!forgotten.ok() && !absl::IsNotFound(forgotten)) return forgotten;
  return fs->RemoveRecursively(doomed);
}

// The number behind every other one; if a directory that somebody put there has
// the last one, the first that is free behind `current`.
int64_t NextVersion(const std::vector<int64_t>& existing, int64_t current) {
  const int64_t next =
      std::max(existing.empty() ? 0 : existing.back(), current);
  if (next < kMaxVersion) return next + 1;
  int64_t free = current + 1;
  while (absl::c_binary_search(existing, free)) ++free;
  return free;
}

}  // namespace

std::string PendingVersion::FilePath(absl::string_view name) const {
  return JoinPath(directory(), name);
}

absl::StatusOr<std::unique_ptr<PendingVersion>> VersionStore::Begin() {
  const std::string versions = JoinPath(directory_, kVersionsDirectory);
  const absl::Status made = fs_->CreateDirectory(versions);
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  std::string path = TemporaryPath(versions);
  ANNOD_RETURN_IF_ERROR(fs_->CreateDirectory(path));
  return std::make_unique<TemporaryVersion>(fs_, std::move(path));
}

absl::StatusOr<Manifest> VersionStore::Publish(
    std::unique_ptr<PendingVersion> pending, Manifest manifest) {
  const std::string versions = JoinPath(directory_, kVersionsDirectory);
  ANNOD_ASSIGN_OR_RETURN(const std::vector<int64_t> existing, List());
  ANNOD_ASSIGN_OR_RETURN(const int64_t current, Current());
  manifest.version = NextVersion(existing, current);
  ANNOD_ASSIGN_OR_RETURN(manifest.files,
                         SyncAndChecksum(fs_, pending->directory()));
  ANNOD_RETURN_IF_ERROR(WriteSynced(fs_, pending->FilePath(kManifestFile),
                                    ManifestToJson(manifest)));
  ANNOD_RETURN_IF_ERROR(fs_->SyncDirectory(pending->directory()));
  ANNOD_RETURN_IF_ERROR(fs_->RenameNoReplace(
      pending->directory(), JoinPath(versions, VersionName(manifest.version))));
  absl::Status status = fs_->SyncDirectory(versions);
  if (status.ok()) {
    status = WriteFileAtomically(fs_, JoinPath(directory_, kCurrentFile),
                                 SealedNumberText(manifest.version));
  }
  if (status.ok()) return manifest;
  const absl::StatusOr<int64_t> named = Current();
  if (named.ok() && *named != manifest.version) {
    RemoveVersion(fs_, versions, manifest.version).IgnoreError();
    return status;
  }
  // CURRENT names the version already, only its durability is in doubt. Taking
  // the version away now could leave CURRENT pointing nowhere.
  if (fs_->SyncDirectory(directory_).ok()) return manifest;
  return status;
}

absl::Status VersionStore::SetCurrent(int64_t version) {
  ANNOD_RETURN_IF_ERROR(ReadManifest(version).status());
  // It may have been copied in, or named by a process that was killed next.
  ANNOD_RETURN_IF_ERROR(
      fs_->SyncDirectory(JoinPath(directory_, kVersionsDirectory)));
  return WriteFileAtomically(fs_, JoinPath(directory_, kCurrentFile),
                             SealedNumberText(version));
}

absl::Status VersionStore::RemoveOld(int keep) {
  ANNOD_ASSIGN_OR_RETURN(const int64_t current, Current());
  ANNOD_ASSIGN_OR_RETURN(const std::vector<int64_t> versions, List());
  const std::string directory = JoinPath(directory_, kVersionsDirectory);
  auto kept = versions.rbegin();
  for (int left = std::max(keep, 0); left > 0 && kept != versions.rend();
       ++kept) {
    if (IsVerified(*kept)) --left;
  }
  for (auto it = versions.begin(); it != kept.base(); ++it) {
    if (*it == current) continue;
    ANNOD_RETURN_IF_ERROR(RemoveVersion(fs_, directory, *it));
  }
  return absl::OkStatus();
}

}  // namespace annod
