#ifndef ANNOD_TESTS_CORE_TESTING_FAULT_FILE_SYSTEM_H_
#define ANNOD_TESTS_CORE_TESTING_FAULT_FILE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/mutex.h"

namespace annod {

// A file system that fails when told to and forgets what was not synced.
//
// It passes everything on to another file system and keeps, for one directory
// and all below it, a model of what a power cut would leave: of a file its
// contents at the last Sync(), of a directory its entries at the last
// SyncDirectory(). Syncs go into the model only, so that tests are fast. The
// idea is that of LevelDB's fault injection test; the directory model is more
// pessimistic than most file systems.
//
// An operation is anything that changes something: creating, appending,
// cutting, syncing, renaming, removing. Thread-safe.
class FaultFileSystem final : public FileSystem {
 public:
  // `root` must exist; what it holds counts as durable. `base` must outlive the
  // object.
  FaultFileSystem(FileSystem* base, std::string root);
  ~FaultFileSystem() override;

  // Operations and syncs of files tried so far, failed ones included.
  int64_t operation_count() const;
  int64_t sync_count() const;
  // Mappings asked for so far.
  int64_t map_count() const;

  // The operation with that number, counted from now on with the next one being
  // 1, fails once with `status`. An append writes half its bytes first.
  void FailOnce(int64_t operation, absl::Status status);
  // The same, and so do all that follow: the process is gone.
  void CrashAt(int64_t operation);
  bool crashed() const;
  // Every Sync() of a file fails with this status, until an OK status is set.
  void FailSyncs(absl::Status status);
  // Appends fail with ResourceExhausted after that many more bytes, having
  // written what fits. Removing files gives space back.
  void SetFreeBytes(std::optional<uint64_t> bytes);
  // Called at the beginning of every Sync() of a file, no lock held.
  void SetSyncHook(std::function<void()> hook);

  enum class PowerCut {
    kSyncedOnly,  // nothing but what was synced is left
    kRandom,      // parts of what was not synced too, some of it garbage
  };
  // The process is started again; the machine had not stopped.
  void EndCrash();
  // Replaces the directory by what a power cut would leave of it, chosen by
  // `seed`. Files opened before must not be used any more. Ends a crash.
  void DropUnsynced(PowerCut power_cut, uint64_t seed);

  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(
      const std::string& path, uint64_t keep_bytes) override;
  absl::StatusOr<std::string> ReadFile(const std::string& path,
                                       size_t max_bytes) override;
  absl::StatusOr<std::string> ReadRange(const std::string& path,
                                        uint64_t offset,
                                        size_t max_bytes) override {
    return base_->ReadRange(path, offset, max_bytes);
  }
  absl::StatusOr<std::unique_ptr<MappedFile>> MapReadOnly(
      const std::string& path, Prefault prefault) override;
  absl::StatusOr<FileInfo> Stat(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> ListDirectory(
      const std::string& path) override;
  absl::Status CreateDirectory(const std::string& path) override;
  // The model knows no links.
  absl::Status CreateLink(const std::string&, const std::string&) override {
    return absl::UnimplementedError("no links here");
  }
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
  using NodePtr = std::shared_ptr<Node>;

  // Counts an operation and says whether it fails.
  absl::Status Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status AppendTo(Node* node, WritableFile* file, absl::string_view data)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status SyncNode(Node* node) ABSL_LOCKS_EXCLUDED(mu_);
  // The node at `path`; null if the model does not hold it.
  NodePtr Find(absl::string_view path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Enter(const std::string& path, NodePtr node)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Leave(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status RenameImpl(const std::string& from, const std::string& to,
                          bool replace);
  NodePtr Load(const std::string& path);
  // Writes what is left of `node` to `path` and returns its new model.
  NodePtr Materialize(const Node& node, const std::string& path,
                      PowerCut power_cut, std::mt19937_64* random);

  FileSystem* const base_;
  const std::string root_path_;

  mutable Mutex mu_;
  NodePtr root_ ABSL_GUARDED_BY(mu_);
  int64_t operations_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t syncs_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t maps_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t fail_at_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status fail_status_ ABSL_GUARDED_BY(mu_);
  int64_t crash_at_ ABSL_GUARDED_BY(mu_) = INT64_MAX;
  absl::Status sync_status_ ABSL_GUARDED_BY(mu_);
  std::optional<uint64_t> free_bytes_ ABSL_GUARDED_BY(mu_);
  std::function<void()> sync_hook_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_FAULT_FILE_SYSTEM_H_
