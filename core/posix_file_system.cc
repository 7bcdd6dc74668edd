#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/mapping_faults.h"
#include "core/open_file.h"
#include "core/status_macros.h"

namespace annod {
namespace {

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, FileDescriptor fd, uint64_t size)
      : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  absl::Status Append(absl::string_view data) override {
    constexpr size_t kMaxWriteBytes = size_t{1} << 30;  // Linux's own limit: 2G
    while (!data.empty()) {
      const ssize_t written =
          write(fd_.get(), data.data(), std::min(data.size(), kMaxWriteBytes));
      if (written < 0) {
        if (errno == EINTR) continue;
        return FileError("write", path_, errno);
      }
      size_ += written;
      data.remove_prefix(written);
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    // Not repeated after EINTR or anything else: a second fdatasync reports
    // success for pages that the first one failed to write.
    if (fdatasync(fd_.get()) != 0) return FileError("sync", path_, errno);
    return absl::OkStatus();
  }

  absl::Status Close() override {
    const int error = fd_.Close();
    return error == 0 ? absl::OkStatus() : FileError("close", path_, error);
  }

  uint64_t size() const override { return size_; }

 private:
  const std::string path_;
  FileDescriptor fd_;
  uint64_t size_;
};

class PosixMappedFile final : public MappedFile {
 public:
  // Takes over the mapping `data`.
  PosixMappedFile(void* data, size_t size, const std::string& path,
                  const struct stat& info)
      : data_(data), size_(size) {
    if (data != nullptr) noted_.emplace(data, size, path, info);
  }
  ~PosixMappedFile() override {
    noted_.reset();
    if (data_ != nullptr) munmap(data_, size_);
  }
  const char* data() const override { return static_cast<const char*>(data_); }
  size_t size() const override { return size_; }

 private:
  void* const data_;
  const size_t size_;
  std::optional<NotedMapping> noted_;
};

// flock() belongs to the open file, so that two callers in one process exclude
// each other too; the kernel lets go when the descriptor is closed or the
// process dies.
class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(FileDescriptor fd) : fd_(std::move(fd)) {}

 private:
  FileDescriptor fd_;
};

absl::StatusOr<std::unique_ptr<FileLock>> LockFile(const std::string& path,
                                                   int operation) {
  ANNOD_ASSIGN_OR_RETURN(OpenedFile file,
                         OpenRegularFile(path, O_RDWR | O_CREAT, "open lock"));
  int result;
  do {
    result = flock(file.fd.get(), operation);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return FileError("lock", path, errno);
  return std::make_unique<PosixFileLock>(std::move(file.fd));
}

// For file systems without RENAME_NOREPLACE. Each step that takes the name
// `to` fails if the name is taken.
absl::Status RenameNoReplaceInSteps(const std::string& from,
                                    const std::string& to) {
  struct stat info;
  if (lstat(from.c_str(), &info) != 0) {
    return FileError("rename", from, errno);
  }
  if (!S_ISDIR(info.st_mode)) {
    if (link(from.c_str(), to.c_str()) != 0 || unlink(from.c_str()) != 0) {
      return FileError(absl::StrCat("rename '", from, "' to"), to, errno);
    }
    return absl::OkStatus();
  }
  // rename() replaces an empty directory and nothing else: one made here.
  if (mkdir(to.c_str(), DirectoryMode()) != 0 ||
      rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    if (error != EEXIST) rmdir(to.c_str());
    return FileError(absl::StrCat("rename '", from, "' to"), to, error);
  }
  return absl::OkStatus();
}

class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      const std::string& path) override {
    // Appending: what is written to a file that was cut meanwhile leaves no
    // hole that would hide it.
    ANNOD_ASSIGN_OR_RETURN(
        OpenedFile file,
        OpenRegularFile(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND,
                        "create"));
    return std::make_unique<PosixWritableFile>(path, std::move(file.fd), 0);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(
      const std::string& path, uint64_t keep_bytes) override {
    ANNOD_ASSIGN_OR_RETURN(OpenedFile file,
                           OpenRegularFile(path, O_WRONLY | O_APPEND, "open"));
    const uint64_t size = file.info.st_size;
    if (size < keep_bytes) {
      return absl::DataLossError(absl::StrCat(
          "'", path, "' has ", size, " bytes, expected at least ", keep_bytes));
    }
    if (size > keep_bytes) {
      int result;
      do {
        result = ftruncate(file.fd.get(), static_cast<off_t>(keep_bytes));
      } while (result != 0 && errno == EINTR);
      if (result != 0) return FileError("truncate", path, errno);
    }
    return std::make_unique<PosixWritableFile>(path, std::move(file.fd),
                                               keep_bytes);
  }

  absl::StatusOr<std::string> ReadFile(const std::string& path,
                                       size_t max_bytes) override {
    ANNOD_ASSIGN_OR_RETURN(const OpenedFile file,
                           OpenRegularFile(path, O_RDONLY, "open"));
    std::string contents;
    char buffer[16384];
    while (true) {
      const ssize_t got = read(file.fd.get(), buffer, sizeof(buffer));
      if (got < 0) {
        if (errno == EINTR) continue;
        return FileError("read", path, errno);
      }
      if (got == 0) return contents;
      if (static_cast<size_t>(got) > max_bytes - contents.size()) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "'", path, "' has more than the ", max_bytes, " bytes allowed"));
      }
      contents.append(buffer, got);
    }
  }

  absl::StatusOr<std::string> ReadRange(const std::string& path,
                                        uint64_t offset,
                                        size_t max_bytes) override {
    ANNOD_ASSIGN_OR_RETURN(const OpenedFile file,
                           OpenRegularFile(path, O_RDONLY, "open"));
    std::string contents(max_bytes, '\0');
    size_t filled = 0;
    while (filled < max_bytes) {
      const ssize_t got =
          pread(file.fd.get(), contents.data() + filled, max_bytes - filled,
                static_cast<off_t>(offset + filled));
      if (got < 0) {
        if (errno == EINTR) continue;
        return FileError("read", path, errno);
      }
      if (got == 0) break;
      filled += got;
    }
    contents.resize(filled);
    return contents;
  }

  absl::StatusOr<std::unique_ptr<MappedFile>> MapReadOnly(
      const std::string& path, Prefault prefault) override {
    ANNOD_ASSIGN_OR_RETURN(const OpenedFile file,
                           OpenRegularFile(path, O_RDONLY, "map"));
    ANNOD_RETURN_IF_ERROR(CheckMappingFaults(path, file.info));
    const size_t size = file.info.st_size;
    if (size == 0) {
      return std::make_unique<PosixMappedFile>(nullptr, 0, path, file.info);
    }
    const int flags =
        MAP_SHARED | (prefault == Prefault::kPopulate ? MAP_POPULATE : 0);
    void* const data = mmap(nullptr, size, PROT_READ, flags, file.fd.get(), 0);
    if (data == MAP_FAILED) return FileError("map", path, errno);
    // Advice only: a refusal costs time, not correctness.
    if (prefault == Prefault::kAdvise) madvise(data, size, MADV_WILLNEED);
    auto mapped =
        std::make_unique<PosixMappedFile>(data, size, path, file.info);
    if (prefault == Prefault::kLock && mlock(data, size) != 0) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "cannot lock the ", size, " bytes of '", path,
          "' in memory: ", std::strerror(errno), " (see RLIMIT_MEMLOCK)"));
    }
    return mapped;
  }

  absl::StatusOr<FileInfo> Stat(const std::string& path) override {
    struct stat found;
    if (stat(path.c_str(), &found) != 0) {
      return FileError("stat", path, errno);
    }
    FileInfo info;
    info.is_directory = S_ISDIR(found.st_mode);
    info.size = found.st_size;
    info.device = found.st_dev;
    info.inode = found.st_ino;
    info.mtime_ns = int64_t{found.st_mtim.tv_sec} * 1000000000 +
                    int64_t{found.st_mtim.tv_nsec};
    return info;
  }

  absl::StatusOr<std::vector<std::string>> ListDirectory(
      const std::string& path) override {
    DIR* const directory = opendir(path.c_str());
    if (directory == nullptr) return FileError("list", path, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(directory)) {
      const absl::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    closedir(directory);
    if (error != 0) return FileError("list", path, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status CreateDirectory(const std::string& path) override {
    if (mkdir(path.c_str(), DirectoryMode()) != 0) {
      return FileError("create directory", path, errno);
    }
    return absl::OkStatus();
  }

  absl::Status CreateLink(const std::string& target,
                          const std::string& path) override {
    if (symlink(target.c_str(), path.c_str()) != 0) {
      return FileError("create link", path, errno);
    }
    return absl::OkStatus();
  }

  absl::Status RemoveFile(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return FileError("remove", path, errno);
    return absl::OkStatus();
  }

  absl::Status RemoveRecursively(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);  // does not follow links
    if (error) return FileError("remove", path, error.value());
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) {
      return FileError(absl::StrCat("rename '", from, "' to"), to, errno);
    }
    return absl::OkStatus();
  }

  absl::Status RenameNoReplace(const std::string& from,
                               const std::string& to) override {
    if (syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                RENAME_NOREPLACE) == 0) {
      return absl::OkStatus();
    }
    if (errno == EINVAL || errno == ENOSYS) {
      return RenameNoReplaceInSteps(from, to);
    }
    return FileError(absl::StrCat("rename '", from, "' to"), to, errno);
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const FileDescriptor fd(
        open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return FileError("open", path, errno);
    // EINVAL: a file system that keeps no such promise; nothing can be done.
    if (fsync(fd.get()) != 0 && errno != EINVAL) {
      return FileError("sync directory", path, errno);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<FileLock>> TryLock(
      const std::string& path) override {
    return LockFile(path, LOCK_EX | LOCK_NB);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    return LockFile(path, LOCK_EX);
  }

  absl::StatusOr<uint64_t> AvailableBytes(const std::string& path) override {
    struct statvfs info;
    if (statvfs(path.c_str(), &info) != 0) {
      return FileError("stat the file system of", path, errno);
    }
    return uint64_t{info.f_bavail} * info.f_frsize;
  }
};

}  // namespace

FileSystem* FileSystem::Posix() {
  static FileSystem* const posix = new PosixFileSystem();
  return posix;
}

}  // namespace annod
