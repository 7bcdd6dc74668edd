#include "client/ctl/common/output_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random_name.h"
#include "core/status_macros.h"

namespace annod::ctl {

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Prepare(
    FileSystem* fs, const std::string& path, bool force) {
  const absl::StatusOr<FileInfo> info = fs->Stat(path);
  if (info.ok() && info->is_directory) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory"));
  }
  if (info.ok() && !force) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, ": exists; --force replaces it"));
  }
  if (!info.ok() && !absl::IsNotFound(info.status())) return info.status();
  const std::string name = path.substr(path.rfind('/') + 1);
  return std::unique_ptr<OutputFile>(
      new OutputFile(fs, path,
                     JoinPath(DirectoryOf(path),
                              absl::StrCat(".", name, ".tmp-", RandomName())),
                     force));
}

OutputFile::~OutputFile() {
  if (!committed_) (void)fs_->RemoveFile(temporary_path_);
}

absl::Status OutputFile::Commit() {
  ANNOD_RETURN_IF_ERROR(force_ ? fs_->Rename(temporary_path_, path_)
                               : fs_->RenameNoReplace(temporary_path_, path_));
  committed_ = true;
  return fs_->SyncDirectory(DirectoryOf(path_));
}

}  // namespace annod::ctl
