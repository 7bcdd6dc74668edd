#include "core/file_system.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/random_name.h"
#include "core/status_macros.h"

namespace annod {
namespace {

absl::Status WriteAndSync(FileSystem* fs, const std::string& path,
                          absl::string_view contents) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         fs->CreateFile(path));
  ANNOD_RETURN_IF_ERROR(file->Append(contents));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

absl::string_view PrefaultName(Prefault prefault) {
  switch (prefault) {
    case Prefault::kNone:
      return "none";
    case Prefault::kAdvise:
      return "advise";
    case Prefault::kPopulate:
      return "populate";
    case Prefault::kLock:
      return "lock";
  }
  return "unknown";
}

std::string JoinPath(absl::string_view dir, absl::string_view name) {
  if (dir.empty()) return std::string(name);
  if (dir.back() == '/') return absl::StrCat(dir, name);
  return absl::StrCat(dir, "/", name);
}

std::string DirectoryOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  if (slash == 0) return "/";
  return std::string(path.substr(0, slash));
}

bool IsTemporaryName(absl::string_view name) {
  return !name.empty() && name.front() == '.' &&
         name.find(".tmp-") != absl::string_view::npos;
}

absl::Status WriteFileAtomically(FileSystem* fs, const std::string& path,
                                 absl::string_view contents) {
  const std::string directory = DirectoryOf(path);
  const absl::string_view name =
      absl::string_view(path).substr(path.rfind('/') + 1);
  const std::string temporary =
      JoinPath(directory, absl::StrCat(".", name, ".tmp-", RandomName()));
  absl::Status status = WriteAndSync(fs, temporary, contents);
  if (status.ok()) status = fs->Rename(temporary, path);
  if (!status.ok()) {
    fs->RemoveFile(temporary).IgnoreError();  // the first error counts
    return status;
  }
  return fs->SyncDirectory(directory);
}

}  // namespace annod
