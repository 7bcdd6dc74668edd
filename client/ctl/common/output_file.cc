#include "client/ctl/common/output_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/interruption.h"
#include "core/random_name.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// What `path` is, "-" being standard input; without ":NAME" if that is no file.
bool StatInput(const std::string& path, struct stat* info) {
  if (path == "-") return fstat(STDIN_FILENO, info) == 0;
  if (stat(path.c_str(), info) == 0) return true;
  const size_t colon = path.rfind(':');
  return colon != std::string::npos &&
         stat(path.substr(0, colon).c_str(), info) == 0;
}

}  // namespace

absl::Status CheckNotInput(const std::string& output,
                           const std::vector<std::string>& inputs) {
  struct stat to;
  if (output.empty() || stat(output.c_str(), &to) != 0 ||
      !S_ISREG(to.st_mode)) {
    return absl::OkStatus();
  }
  for (const std::string& input : inputs) {
    struct stat from;
    if (input.empty() || !StatInput(input, &from) || from.st_dev != to.st_dev ||
        from.st_ino != to.st_ino) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(
        output, ": is the input; the result must be another file"));
  }
  return absl::OkStatus();
}

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
  // Before hours of work, and without the temporary file's name.
  if (access(DirectoryOf(path).c_str(), W_OK | X_OK) != 0) {
    const std::string message =
        absl::StrCat(path, ": cannot be written: ", std::strerror(errno));
    return errno == ENOENT || errno == ENOTDIR
               ? absl::NotFoundError(message)
               : absl::PermissionDeniedError(message);
  }
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
