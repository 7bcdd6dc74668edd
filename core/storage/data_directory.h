#ifndef ANNOD_CORE_STORAGE_DATA_DIRECTORY_H_
#define ANNOD_CORE_STORAGE_DATA_DIRECTORY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/storage/index_settings.h"

namespace annod {

// An index directory being filled under a hidden name; removed again unless it
// is committed.
class PendingIndex {
 public:
  virtual ~PendingIndex() = default;
  virtual const std::string& directory() const = 0;
  // As they were given, with what was empty filled in.
  virtual const IndexSettings& settings() const = 0;
};

// The directory that holds all indexes, one sub-directory each
// (docs/format.md). Names starting with a dot are annod's own: lock, temporary
// and dropped things. Any number of processes may read; only the one writer may
// call the methods marked [writer]. Thread-safe.
class DataDirectory {
 public:
  // `path` must exist. `fs` must outlive the object.
  DataDirectory(FileSystem* fs, std::string path);

  FileSystem* fs() const { return fs_; }
  const std::string& path() const { return path_; }
  std::string IndexPath(absl::string_view name) const;

  // Creates the directory if it is missing (its parent must exist) and takes
  // its lock for as long as the returned object lives. Unavailable, naming the
  // path, if another annod has it. [supervisor]
  absl::StatusOr<std::unique_ptr<FileLock>> CreateAndLock();

  // Sorted names of the indexes, also of those that cannot be opened.
  absl::StatusOr<std::vector<std::string>> ListIndexes() const;

  // NotFound if there is no such index; DataLoss if its settings are
  // unreadable.
  absl::StatusOr<IndexSettings> ReadSettings(absl::string_view name) const;

  // Creates the index, durably and all at once. An empty incarnation or
  // create_time is filled in. AlreadyExists; InvalidArgument. If only the last
  // sync fails the index is there, but a crash may undo it. [writer]
  absl::Status CreateIndex(const IndexSettings& settings);

  // The same in two steps, between which the index can be filled: nobody sees
  // it before CommitIndex(), and a crash leaves nothing. [writer]
  absl::StatusOr<std::unique_ptr<PendingIndex>> BeginIndex(
      const IndexSettings& settings);
  absl::Status CommitIndex(std::unique_ptr<PendingIndex> pending);

  // Replaces the settings of an index, durably: after a crash either the old
  // ones or the new ones are there. After an error the old ones are, unless
  // only the last sync failed. [writer]
  absl::Status WriteSettings(const IndexSettings& settings);

  // Removes the index: gone, durably, before its bytes are freed. NotFound.
  // [writer]
  absl::Status DropIndex(absl::string_view name);

  // Removes what interrupted creations, drops and publications left behind.
  // Fails if the directory itself cannot be read or synced. What could not be
  // looked at or removed below it only takes space, and is told in
  // `*left_behind` unless that is null. [writer]
  absl::Status RemoveLeftovers(
      std::vector<absl::Status>* left_behind = nullptr);

 private:
  FileSystem* const fs_;
  const std::string path_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_DATA_DIRECTORY_H_
