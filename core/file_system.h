#ifndef ANNOD_CORE_FILE_SYSTEM_H_
#define ANNOD_CORE_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// Every file that core and the writer touch goes through this interface, so
// that tests can inject faults: full disks, failing fsync, lost unsynced bytes,
// crashes.
//
// Errors name the path and the system's reason. NotFound: no such file;
// AlreadyExists; ResourceExhausted: disk or quota full; PermissionDenied;
// Unavailable: a lock is held by another process; Internal: any other I/O
// error. Also ResourceExhausted: no memory, file descriptors or mappings left.
// DataLoss: where a file is to be opened there is a FIFO, a device, a directory
// or a socket, which is never waited for or read from (open_file.h).
// All methods are safe to call from several threads, those of one WritableFile
// from one thread at a time.

// A file written from front to back. The destructor closes without syncing.
class WritableFile {
 public:
  virtual ~WritableFile() = default;

  // Appends all of `data`. After an error the file's tail is undefined.
  virtual absl::Status Append(absl::string_view data) = 0;

  // Returns when everything appended is durable (fdatasync; the file's length
  // included). After an error nothing appended since the last success may be
  // assumed durable, ever: the kernel may have dropped the pages.
  virtual absl::Status Sync() = 0;

  // Closes without syncing. Further calls fail.
  virtual absl::Status Close() = 0;

  // Bytes in the file, those present when it was opened for appending included.
  virtual uint64_t size() const = 0;
};

// A read-only shared mapping of a whole file, valid until destruction even if
// the file is renamed or removed. The file must not be truncated meanwhile.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual const char* data() const = 0;  // page-aligned; null if size() is 0
  virtual size_t size() const = 0;
};

// How the pages of a mapping are brought in (settings of an index, docs).
enum class Prefault {
  kNone,      // on first use
  kAdvise,    // read ahead in the background (MADV_WILLNEED)
  kPopulate,  // all read before the call returns (MAP_POPULATE)
  kLock,      // the same, and kept in memory (mlock); ResourceExhausted if the
              // process may not lock as much
};

// "none", "advise", "populate", "lock".
absl::string_view PrefaultName(Prefault prefault);

struct FileInfo {
  bool is_directory = false;
  uint64_t size = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t mtime_ns = 0;
};

// Holds an advisory lock until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The file system of the machine. Never null, never deleted.
  static FileSystem* Posix();

  // Creates `path` for writing; AlreadyExists if it exists. Mode
  // FileMode() of open_file.h.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      const std::string& path) = 0;

  // Opens an existing file to append after its first `keep_bytes` bytes; what
  // lies behind them is cut off first. DataLoss if it has fewer.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(
      const std::string& path, uint64_t keep_bytes) = 0;

  // Reads a whole small file; ResourceExhausted if larger than `max_bytes`.
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path,
                                               size_t max_bytes) = 0;

  // Bytes of a file from `offset` on: `max_bytes`, fewer only where the file
  // ends. For files that somebody else may be cutting.
  virtual absl::StatusOr<std::string> ReadRange(const std::string& path,
                                                uint64_t offset,
                                                size_t max_bytes) = 0;

  virtual absl::StatusOr<std::unique_ptr<MappedFile>> MapReadOnly(
      const std::string& path, Prefault prefault) = 0;

  virtual absl::StatusOr<FileInfo> Stat(const std::string& path) = 0;

  // Names (not paths) of the entries, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> ListDirectory(
      const std::string& path) = 0;

  // AlreadyExists if it is there.
  virtual absl::Status CreateDirectory(const std::string& path) = 0;

  // Makes `path` a symbolic link to `target`. AlreadyExists.
  virtual absl::Status CreateLink(const std::string& target,
                                  const std::string& path) = 0;

  // NotFound if it is not there.
  virtual absl::Status RemoveFile(const std::string& path) = 0;

  // A file or a directory with all it holds; OK if there is none.
  virtual absl::Status RemoveRecursively(const std::string& path) = 0;

  // Atomically replaces `to` (a file or nothing).
  virtual absl::Status Rename(const std::string& from,
                              const std::string& to) = 0;

  // AlreadyExists if `to` exists: nothing is replaced.
  virtual absl::Status RenameNoReplace(const std::string& from,
                                       const std::string& to) = 0;

  // Makes creations, renames and removals in the directory durable.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;

  // Creates the file if needed and takes an exclusive advisory lock (flock), at
  // once or not at all: Unavailable if another process has it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> TryLock(
      const std::string& path) = 0;

  // The same, but waits until no other process or caller has the lock.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) = 0;

  // Bytes an unprivileged process may still write to the file system of `path`.
  virtual absl::StatusOr<uint64_t> AvailableBytes(const std::string& path) = 0;
};

// Writes `contents` so that after a crash `path` holds either the old bytes or
// the new ones, never a mixture: temporary file beside it, sync, rename,
// directory sync. After an error the old bytes are there, unless it was the
// last step, the directory sync, that failed: then a crash decides.
absl::Status WriteFileAtomically(FileSystem* fs, const std::string& path,
                                 absl::string_view contents);

// True for names that WriteFileAtomically() gives its temporary files, which a
// crash may leave behind: ".<name>.tmp-<random>".
bool IsTemporaryName(absl::string_view name);

// "dir/name".
std::string JoinPath(absl::string_view dir, absl::string_view name);

// What lies before the last slash: "/" for "/name", "." for "name".
std::string DirectoryOf(absl::string_view path);

}  // namespace annod

#endif  // ANNOD_CORE_FILE_SYSTEM_H_
