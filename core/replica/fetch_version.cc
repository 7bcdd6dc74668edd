#include "core/replica/fetch_version.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/random_name.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/checksum.h"
#include "core/storage/stream_hash.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

// Asked of the source at a time: what a broken connection costs at most, and
// how often is looked whether to go on.
constexpr uint64_t kPieceBytes = uint64_t{64} << 20;
constexpr uint64_t kReadBytes = 1 << 20;
// A file of a version is mapped: more no machine has.
constexpr uint64_t kMaxVersionBytes = uint64_t{1} << 47;

absl::Status CheckStopped(const FetchOptions& options) {
  if (options.stopped && options.stopped()) {
    return absl::CancelledError("the process is shutting down");
  }
  return absl::OkStatus();
}

uint64_t TotalBytes(const Manifest& manifest) {
  uint64_t total = 0;
  for (const ManifestFile& file : manifest.files) total += file.bytes;
  return total;
}

// Writes what comes to the files of a version, one after the other.
class FileSequence {
 public:
  FileSequence(FileSystem* fs, std::string directory, const Manifest* manifest)
      : fs_(fs), directory_(std::move(directory)), manifest_(manifest) {}

  // Finds what is there; removes what lies behind a gap.
  absl::Status Open() {
    bool whole = true;
    for (const ManifestFile& file : manifest_->files) {
      const std::string path = JoinPath(directory_, file.name);
      const absl::StatusOr<FileInfo> info = fs_->Stat(path);
      if (absl::IsNotFound(info.status())) {
        whole = false;
        continue;
      }
      ANNOD_RETURN_IF_ERROR(info.status());
      if (!whole || info->size > file.bytes) {
        ANNOD_RETURN_IF_ERROR(fs_->RemoveFile(path));
        whole = false;
        continue;
      }
      offset_ += info->size;
      if (info->size == file.bytes) ++next_;
      whole = info->size == file.bytes;
    }
    return MakeEmpty();
  }

  uint64_t offset() const { return offset_; }

  absl::Status Append(absl::string_view bytes) {
    while (!bytes.empty()) {
      if (next_ == manifest_->files.size()) {
        return absl::DataLossError(
            absl::StrCat("the source sends more than the ", offset_,
                         " bytes that its manifest says"));
      }
      const ManifestFile& file = manifest_->files[next_];
      const std::string path = JoinPath(directory_, file.name);
      if (file_ == nullptr) {
        const absl::StatusOr<FileInfo> info = fs_->Stat(path);
        absl::StatusOr<std::unique_ptr<WritableFile>> opened =
            info.ok() ? fs_->OpenForAppend(path, info->size)
                      : fs_->CreateFile(path);
        ANNOD_RETURN_IF_ERROR(opened.status());
        file_ = *std::move(opened);
      }
      const size_t part =
          std::min<uint64_t>(bytes.size(), file.bytes - file_->size());
      ANNOD_RETURN_IF_ERROR(file_->Append(bytes.substr(0, part)));
      offset_ += part;
      bytes.remove_prefix(part);
      if (file_->size() < file.bytes) continue;
      ANNOD_RETURN_IF_ERROR(file_->Sync());
      ANNOD_RETURN_IF_ERROR(file_->Close());
      file_ = nullptr;
      ++next_;
      ANNOD_RETURN_IF_ERROR(MakeEmpty());
    }
    return absl::OkStatus();
  }

 private:
  // For files without bytes nothing comes.
  absl::Status MakeEmpty() {
    while (next_ < manifest_->files.size() &&
           manifest_->files[next_].bytes == 0) {
      const std::string path =
          JoinPath(directory_, manifest_->files[next_++].name);
      absl::Status made = fs_->CreateFile(path).status();
      if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
    }
    return absl::OkStatus();
  }

  FileSystem* const fs_;
  const std::string directory_;
  const Manifest* const manifest_;
  size_t next_ = 0;      // the file that is written
  uint64_t offset_ = 0;  // in all files together
  std::unique_ptr<WritableFile> file_;
};

// An empty directory but for the manifest, or one that an earlier fetch of the
// same has begun.
absl::Status PrepareDirectory(FileSystem* fs, const std::string& directory,
                              const std::string& manifest_json) {
  const std::string path = JoinPath(directory, kManifestFile);
  if (fs->ReadFile(path, kMaxJsonBytes).value_or("") == manifest_json) {
    return absl::OkStatus();
  }
  ANNOD_RETURN_IF_ERROR(fs->RemoveRecursively(directory));
  ANNOD_RETURN_IF_ERROR(fs->CreateDirectory(directory));
  return WriteFileAtomically(fs, path, manifest_json);
}

absl::Status CheckRoom(FileSystem* fs, const std::string& directory,
                       uint64_t needed) {
  ANNOD_ASSIGN_OR_RETURN(const uint64_t available,
                         fs->AvailableBytes(directory));
  if (available >= kFetchReserveBytes &&
      needed <= available - kFetchReserveBytes) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      needed, " bytes are to come, the disk of '", directory, "' has ",
      available, " left, of which ", kFetchReserveBytes, " stay free"));
}

absl::Status CopyFiles(FileSystem* fs, VersionSource* source,
                       const std::string& index, const Manifest& manifest,
                       const std::string& directory,
                       const FetchOptions& options) {
  FileSequence files(fs, directory, &manifest);
  ANNOD_RETURN_IF_ERROR(files.Open());
  const uint64_t total = TotalBytes(manifest);
  ANNOD_RETURN_IF_ERROR(CheckRoom(fs, directory, total - files.offset()));
  while (files.offset() < total) {
    ANNOD_RETURN_IF_ERROR(CheckStopped(options));
    const uint64_t before = files.offset();
    const uint64_t wanted = std::min(kPieceBytes, total - before);
    absl::Status read = source->Read(
        index, manifest, before, wanted, [&](absl::string_view bytes) {
          if (bytes.size() > wanted - (files.offset() - before)) {
            return absl::DataLossError(
                absl::StrCat("the source sends more than the ", wanted,
                             " bytes that it was asked for"));
          }
          return files.Append(bytes);
        });
    if (options.fetched) options.fetched(files.offset() - before);
    // What came before a connection broke counts.
    if (!read.ok() &&
        (!absl::IsUnavailable(read) || files.offset() == before)) {
      return read;
    }
    if (files.offset() == before) {
      return absl::DataLossError(
          absl::StrCat("the source sends nothing of the ", wanted,
                       " bytes from ", before, " on"));
    }
  }
  return absl::OkStatus();
}

absl::Status LinkFiles(FileSystem* fs, const VersionSource& source,
                       const std::string& index, const Manifest& manifest,
                       const std::string& directory) {
  for (const ManifestFile& file : manifest.files) {
    const std::string target =
        source.PathOf(index, manifest.version, file.name);
    if (target.empty()) {
      return absl::FailedPreconditionError(
          "files of another machine cannot be served in place");
    }
    const std::string path = JoinPath(directory, file.name);
    ANNOD_RETURN_IF_ERROR(fs->RemoveRecursively(path));
    ANNOD_RETURN_IF_ERROR(fs->CreateLink(target, path));
  }
  return absl::OkStatus();
}

// By reading, not mapping: a file that is linked may be cut meanwhile.
absl::Status CheckFile(FileSystem* fs, const std::string& path,
                       const ManifestFile& file, const FetchOptions& options) {
  StreamHash hash;
  uint64_t offset = 0;
  while (offset < file.bytes) {
    ANNOD_RETURN_IF_ERROR(CheckStopped(options));
    ANNOD_ASSIGN_OR_RETURN(
        const std::string bytes,
        fs->ReadRange(path, offset, std::min(kReadBytes, file.bytes - offset)));
    if (bytes.empty()) break;
    hash.Add(bytes);
    offset += bytes.size();
  }
  if (offset == file.bytes && hash.Digest() == file.xxh3_64) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "'", path, "': its XXH3-64 is ", ChecksumToHex(hash.Digest()),
      ", expected ", ChecksumToHex(file.xxh3_64)));
}

}  // namespace

absl::Status CheckDescription(const std::string& index,
                              const SourceVersion& version) {
  const IndexSettings& settings = version.settings;
  const auto wrong = [&index](const auto&... what) {
    return absl::DataLossError(
        absl::StrCat("index '", index, "' of the source: ", what...));
  };
  if (settings.name != index) return wrong("its settings are of another one");
  if (settings.attached()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "index '", index, "' is an attached file, which cannot be followed"));
  }
  if (!version.has_version) return absl::OkStatus();
  const Manifest& manifest = version.manifest;
  if (manifest.dim != settings.dim && settings.dim != 0) {
    return wrong("dimension ", settings.dim, ", but that of version ",
                 manifest.version, " is ", manifest.dim);
  }
  if (manifest.metric != settings.metric) {
    return wrong("metric ", MetricName(settings.metric),
                 ", but that of version ", manifest.version, " is ",
                 MetricName(manifest.metric));
  }
  std::set<absl::string_view> names;
  uint64_t total = 0;
  for (const ManifestFile& file : manifest.files) {
    if (file.name != kForestFile && file.name != kGraphFile &&
        file.name != kLabelsFile) {
      return wrong("version ", manifest.version,
                   " lists a file that no version has");
    }
    if (!names.insert(file.name).second) {
      return wrong("version ", manifest.version, " lists ", file.name,
                   " twice");
    }
    if (file.bytes > kMaxVersionBytes - total) {
      return wrong("version ", manifest.version, " is larger than any can be");
    }
    total += file.bytes;
  }
  return absl::OkStatus();
}

absl::Status FetchVersionFiles(FileSystem* fs, VersionSource* source,
                               const std::string& index,
                               const SourceVersion& version,
                               const std::string& directory,
                               const FetchOptions& options) {
  const Manifest& manifest = version.manifest;
  ANNOD_RETURN_IF_ERROR(PrepareDirectory(fs, directory, version.manifest_json));
  ANNOD_RETURN_IF_ERROR(
      options.in_place
          ? LinkFiles(fs, *source, index, manifest, directory)
          : CopyFiles(fs, source, index, manifest, directory, options));
  for (const ManifestFile& file : manifest.files) {
    const absl::Status checked =
        CheckFile(fs, JoinPath(directory, file.name), file, options);
    if (absl::IsDataLoss(checked)) {
      fs->RemoveRecursively(directory).IgnoreError();
    }
    ANNOD_RETURN_IF_ERROR(checked);
  }
  return fs->SyncDirectory(directory);
}

absl::Status InstallVersion(FileSystem* fs, const std::string& fetched,
                            const std::string& index_directory,
                            int64_t version) {
  const std::string versions = JoinPath(index_directory, kVersionsDirectory);
  const std::string target = JoinPath(versions, VersionName(version));
  const std::string replaced =
      JoinPath(versions, absl::StrCat(".tmp-", RandomName()));
  absl::Status moved = fs->RenameNoReplace(target, replaced);
  if (!moved.ok() && !absl::IsNotFound(moved)) return moved;
  ANNOD_RETURN_IF_ERROR(fs->RenameNoReplace(fetched, target));
  ANNOD_RETURN_IF_ERROR(fs->SyncDirectory(versions));
  return fs->RemoveRecursively(replaced);
}

}  // namespace annod
