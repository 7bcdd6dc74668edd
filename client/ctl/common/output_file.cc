#include "client/ctl/common/output_file.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/interruption.h"
#include "core/random_name.h"
#include "core/status_macros.h"

namespace annod::ctl {

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Prepare(
    FileSystem* fs, const std::string& path, bool force) {
  if (path == "-") {
    return absl::InvalidArgumentError(
        "'-' is standard output, which this cannot be written to; a file of "
        "that name is ./-");
  }
  const absl::StatusOr<FileInfo> info = fs->Stat(path);
  if (info.ok() && info->is_directory) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory"));
  }
  struct stat status;
  if (info.ok() && stat(path.c_str(), &status) == 0 &&
      !S_ISREG(status.st_mode)) {  // a device, a pipe: not to be replaced
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is not a regular file"));
  }
  if (info.ok() && !force) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, ": exists; --force replaces it"));
  }
  if (!info.ok() && !absl::IsNotFound(info.status())) return info.status();
  const std::string name = path.substr(path.rfind('/') + 1);
  std::string temporary = JoinPath(
      DirectoryOf(path), absl::StrCat(".", name, ".tmp-", RandomName()));
  RemoveWhenInterrupted(temporary);
  return std::unique_ptr<OutputFile>(
      new OutputFile(fs, path, std::move(temporary), force));
}

OutputFile::~OutputFile() {
  if (!committed_) (void)fs_->RemoveFile(temporary_path_);
  KeepWhenInterrupted(temporary_path_);
}

absl::Status OutputFile::Commit() {
  ANNOD_RETURN_IF_ERROR(force_ ? fs_->Rename(temporary_path_, path_)
                               : fs_->RenameNoReplace(temporary_path_, path_));
  committed_ = true;
  return fs_->SyncDirectory(DirectoryOf(path_));
}

}  // namespace annod::ctl
