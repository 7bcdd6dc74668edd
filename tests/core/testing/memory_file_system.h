#ifndef ANNOD_TESTS_CORE_TESTING_MEMORY_FILE_SYSTEM_H_
#define ANNOD_TESTS_CORE_TESTING_MEMORY_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/mutex.h"

namespace annod {

// A file system in memory, for tests that make thousands of files. Starts with
// the directory "/" alone. Mappings are copies: right for files that only grow.
// Thread-safe.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(
      const std::string& path, uint64_t keep_bytes) override;
  absl::StatusOr<std::string> ReadFile(const std::string& path,
                                       size_t max_bytes) override;
  absl::StatusOr<std::string> ReadRange(const std::string& path,
                                        uint64_t offset,
                                        size_t max_bytes) override;
  absl::StatusOr<std::unique_ptr<MappedFile>> MapReadOnly(
      const std::string& path, Prefault prefault) override;
  absl::StatusOr<FileInfo> Stat(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> ListDirectory(
      const std::string& path) override;
  absl::Status CreateDirectory(const std::string& path) override;
  absl::Status CreateLink(const std::string& target,
                          const std::string& path) override;
  absl::Status RemoveFile(const std::string& path) override;
  absl::Status RemoveRecursively(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status RenameNoReplace(const std::string& from,
                               const std::string& to) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<FileLock>> TryLock(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override;
  absl::StatusOr<uint64_t> AvailableBytes(const std::string& path) override;

 private:
  struct Node;
  class File;
  class HeldLock;
  using NodePtr = std::shared_ptr<Node>;

  absl::StatusOr<NodePtr> Find(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Adds a node of that kind; AlreadyExists, or NotFound without its directory.
  absl::StatusOr<NodePtr> Add(const std::string& path, bool is_directory)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Move(const std::string& from, const std::string& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<NodePtr> FindOrAddFile(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  CondVar unlocked_;
  // By path: the entries below a directory follow it.
  std::map<std::string, NodePtr> nodes_ ABSL_GUARDED_BY(mu_);
  uint64_t last_inode_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t clock_ns_ ABSL_GUARDED_BY(mu_) = 0;  // a tick for every change
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_MEMORY_FILE_SYSTEM_H_
