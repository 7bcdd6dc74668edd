#include "core/storage/data_directory.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/random_name.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"

namespace annod {
namespace {

constexpr char kLockName[] = ".lock";
constexpr char kCreatePrefix[] = ".create-";
constexpr char kDropPrefix[] = ".drop-";
constexpr char kSettingsName[] = "settings.json";

// Index directories hold these two and settings.json.
constexpr char kStagingName[] = "staging";
constexpr char kVersionsName[] = "versions";

absl::Status FillIndexDirectory(FileSystem* fs, const std::string& directory,
                                const IndexSettings& settings) {
  ANNOD_RETURN_IF_ERROR(fs->CreateDirectory(directory));
  for (const char* name : {kStagingName, kVersionsName}) {
    ANNOD_RETURN_IF_ERROR(fs->CreateDirectory(JoinPath(directory, name)));
    ANNOD_RETURN_IF_ERROR(fs->SyncDirectory(JoinPath(directory, name)));
  }
  // Also syncs `directory`, with the entries made before.
  return WriteFileAtomically(fs, JoinPath(directory, kSettingsName),
                             IndexSettingsToJson(settings));
}

class TemporaryIndex final : public PendingIndex {
 public:
  TemporaryIndex(FileSystem* fs, std::string directory, IndexSettings settings)
      : fs_(fs),
        directory_(std::move(directory)),
        settings_(std::move(settings)) {}
  // After the commit there is nothing of that name any more.
  ~TemporaryIndex() override {
    fs_->RemoveRecursively(directory_).IgnoreError();
  }
  const std::string& directory() const override { return directory_; }
  const IndexSettings& settings() const override { return settings_; }

 private:
  FileSystem* const fs_;
  const std::string directory_;
  const IndexSettings settings_;
};

absl::Status NoSuchIndex(absl::string_view name, const std::string& path) {
  return absl::NotFoundError(
      absl::StrCat("there is no index '", name, "' in '", path, "'"));
}

absl::Status RemoveTemporaries(FileSystem* fs, const std::string& directory) {
  const auto names = fs->ListDirectory(directory);
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  ANNOD_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    if (!IsTemporaryName(name) && !absl::StartsWith(name, ".tmp-")) continue;
    ANNOD_RETURN_IF_ERROR(fs->RemoveRecursively(JoinPath(directory, name)));
  }
  return absl::OkStatus();
}

}  // namespace

DataDirectory::DataDirectory(FileSystem* fs, std::string path)
    : fs_(fs), path_(std::move(path)) {}

std::string DataDirectory::IndexPath(absl::string_view name) const {
  return JoinPath(path_, name);
}

absl::StatusOr<std::unique_ptr<FileLock>> DataDirectory::CreateAndLock() {
  const absl::Status created = fs_->CreateDirectory(path_);
  if (created.ok()) {
    ANNOD_RETURN_IF_ERROR(fs_->SyncDirectory(DirectoryOf(path_)));
  } else if (!absl::IsAlreadyExists(created)) {
    return created;
  }
  auto lock = fs_->TryLock(JoinPath(path_, kLockName));
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(absl::StrCat("data directory '", path_,
                                               "' is in use by another annod"));
  }
  return lock;
}

absl::StatusOr<std::vector<std::string>> DataDirectory::ListIndexes() const {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> entries,
                         fs_->ListDirectory(path_));
  std::vector<std::string> names;
  for (const std::string& name : entries) {
    // Strangers' entries (lost+found, notes) are left alone.
    if (!ValidateIndexName(name).ok()) continue;
    const auto info = fs_->Stat(IndexPath(name));
    if (absl::IsNotFound(info.status())) continue;  // dropped meanwhile
    // What cannot be looked at is told by who opens it, and hides no other.
    if (!info.ok() || info->is_directory) names.push_back(name);
  }
  return names;
}

absl::StatusOr<IndexSettings> DataDirectory::ReadSettings(
    absl::string_view name) const {
  ANNOD_RETURN_IF_ERROR(ValidateIndexName(name));
  const std::string directory = IndexPath(name);
  const std::string path = JoinPath(directory, kSettingsName);
  const auto text = fs_->ReadFile(path, kMaxJsonBytes);
  if (absl::IsNotFound(text.status())) {
    const auto info = fs_->Stat(directory);
    if (absl::IsNotFound(info.status())) return NoSuchIndex(name, path_);
    return absl::DataLossError(
        absl::StrCat("index '", name, "' has no '", path, "'"));
  }
  if (absl::IsResourceExhausted(text.status())) {
    return absl::DataLossError(text.status().message());
  }
  ANNOD_RETURN_IF_ERROR(text.status());
  absl::StatusOr<IndexSettings> settings = IndexSettingsFromJson(*text);
  if (!settings.ok()) {
    return absl::Status(
        settings.status().code(),
        absl::StrCat("index '", name, "': ", settings.status().message()));
  }
  if (settings->name != name) {
    return absl::DataLossError(absl::StrCat("'", path, "' belongs to index '",
                                            settings->name, "', expected '",
                                            name, "'"));
  }
  return settings;
}

absl::StatusOr<std::unique_ptr<PendingIndex>> DataDirectory::BeginIndex(
    const IndexSettings& settings) {
  ANNOD_RETURN_IF_ERROR(ValidateIndexSettings(settings));
  IndexSettings complete = settings;
  if (complete.incarnation.empty()) complete.incarnation = RandomName();
  if (complete.create_time.empty()) {
    complete.create_time =
        absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  }
  auto pending = std::make_unique<TemporaryIndex>(
      fs_, JoinPath(path_, absl::StrCat(kCreatePrefix, RandomName())),
      std::move(complete));
  ANNOD_RETURN_IF_ERROR(
      FillIndexDirectory(fs_, pending->directory(), pending->settings()));
  return pending;
}

absl::Status DataDirectory::CommitIndex(std::unique_ptr<PendingIndex> pending) {
  const std::string& name = pending->settings().name;
  // What was made after the settings were.
  ANNOD_RETURN_IF_ERROR(fs_->SyncDirectory(pending->directory()));
  const absl::Status renamed =
      fs_->RenameNoReplace(pending->directory(), IndexPath(name));
  if (absl::IsAlreadyExists(renamed)) {
    return absl::AlreadyExistsError(
        absl::StrCat("index '", name, "' exists already in '", path_, "'"));
  }
  ANNOD_RETURN_IF_ERROR(renamed);
  return fs_->SyncDirectory(path_);
}

absl::Status DataDirectory::CreateIndex(const IndexSettings& settings) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<PendingIndex> pending,
                         BeginIndex(settings));
  return CommitIndex(std::move(pending));
}

absl::Status DataDirectory::WriteSettings(const IndexSettings& settings) {
  ANNOD_RETURN_IF_ERROR(ValidateIndexSettings(settings));
  return WriteFileAtomically(fs_,
                             JoinPath(IndexPath(settings.name), kSettingsName),
                             IndexSettingsToJson(settings));
}

absl::Status DataDirectory::DropIndex(absl::string_view name) {
  ANNOD_RETURN_IF_ERROR(ValidateIndexName(name));
  const std::string dropped =
      JoinPath(path_, absl::StrCat(kDropPrefix, RandomName()));
  const absl::Status renamed = fs_->RenameNoReplace(IndexPath(name), dropped);
  if (absl::IsNotFound(renamed)) return NoSuchIndex(name, path_);
  ANNOD_RETURN_IF_ERROR(renamed);
  ANNOD_RETURN_IF_ERROR(fs_->SyncDirectory(path_));
  // The index is gone. Bytes that cannot be freed now are freed by
  // RemoveLeftovers().
  fs_->RemoveRecursively(dropped).IgnoreError();
  return absl::OkStatus();
}

absl::Status DataDirectory::RemoveLeftovers(
    std::vector<absl::Status>* left_behind) {
  const auto note = [left_behind](const absl::Status& status) {
    if (!status.ok() && left_behind != nullptr) left_behind->push_back(status);
  };
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> entries,
                         fs_->ListDirectory(path_));
  for (const std::string& name : entries) {
    if (absl::StartsWith(name, kCreatePrefix) ||
        absl::StartsWith(name, kDropPrefix) || IsTemporaryName(name)) {
      note(fs_->RemoveRecursively(JoinPath(path_, name)));
    }
  }
  // What a killed process did last may be visible and not durable yet.
  // A file system that is read-only, as an error makes it, changes nothing that
  // has been seen.
  absl::Status synced = fs_->SyncDirectory(path_);
  if (!synced.ok() && !absl::IsPermissionDenied(synced)) return synced;
  note(synced);
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> indexes, ListIndexes());
  for (const std::string& name : indexes) {
    const std::string index = IndexPath(name);
    note(RemoveTemporaries(fs_, index));
    for (const char* part : {kStagingName, kVersionsName}) {
      note(RemoveTemporaries(fs_, JoinPath(index, part)));
    }
  }
  return absl::OkStatus();
}

}  // namespace annod
