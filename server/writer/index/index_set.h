#ifndef ANNOD_SERVER_WRITER_INDEX_INDEX_SET_H_
#define ANNOD_SERVER_WRITER_INDEX_INDEX_SET_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/staging/staging.h"
#include "core/storage/data_directory.h"
#include "server/writer/index/writer_index.h"

namespace annod {

// All indexes of the data directory, by name. Thread-safe; no lock is held over
// I/O, and a name is taken by one creation or removal at a time.
class IndexSet {
 public:
  // `find` finds the files of attached indexes.
  IndexSet(DataDirectory* data, const StagingOptions& options,
           FindAttachedFile find);

  // Cleans up after interrupted changes and opens every index.
  absl::Status OpenAll();

  // INDEX_NOT_FOUND if there is none.
  absl::StatusOr<std::shared_ptr<WriterIndex>> Find(
      const std::string& name) const;
  std::vector<std::shared_ptr<WriterIndex>> All() const;

  const StagingOptions& options() const { return options_; }

  // Creates an index durably; an attached one only if its file passes
  // (FILE_REJECTED). INDEX_EXISTS, LIMIT_REACHED, STORAGE_FAILED. `fill`, if
  // given, puts more into the index before anybody sees it, such as a version;
  // if it fails there is no index.
  using Fill = std::function<absl::Status(const PendingIndex& index)>;
  absl::StatusOr<std::shared_ptr<WriterIndex>> Create(
      const IndexSettings& settings, int max_indexes,
      const Fill& fill = nullptr);

  // The index of that name or all for an empty one, opened anew if they could
  // not be opened before or have been copied in since. INDEX_NOT_FOUND.
  absl::StatusOr<std::vector<std::shared_ptr<WriterIndex>>> LookAgain(
      const std::string& name);

  // Takes a name for an index to come, for as long as the result lives.
  // INDEX_EXISTS, LIMIT_REACHED.
  absl::StatusOr<std::shared_ptr<void>> Reserve(const std::string& name,
                                                int max_indexes);

  // Create() under a name that the caller has reserved.
  absl::StatusOr<std::shared_ptr<WriterIndex>> CreateReserved(
      const IndexSettings& settings, const Fill& fill);

  // Removes an index durably. `quiesce` is called once no new work can find it
  // and must end what is under way; `still_wanted`, if given, when its settings
  // cannot change any more: Cancelled if that is false.
  absl::Status Drop(const std::string& name,
                    const std::function<void()>& quiesce,
                    const std::function<bool()>& still_wanted = nullptr);
  // The same with `index` itself, unless it holds something by now: Cancelled.
  absl::Status DropEmpty(const std::shared_ptr<WriterIndex>& index,
                         const std::function<bool()>& still_wanted);

 private:
  // Takes the name out of circulation until Release().
  absl::Status ReserveNew(const std::string& name, int max_indexes);
  absl::StatusOr<std::shared_ptr<WriterIndex>> ReserveExisting(
      const std::string& name);
  void Release(const std::string& name);
  absl::Status DropReserved(WriterIndex* index,
                            const std::function<bool()>& still_wanted,
                            bool only_empty);

  DataDirectory* const data_;
  const StagingOptions options_;
  const FindAttachedFile find_attached_;

  mutable absl::Mutex mu_;
  std::map<std::string, std::shared_ptr<WriterIndex>> indexes_
      ABSL_GUARDED_BY(mu_);
  std::set<std::string> reserved_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_INDEX_SET_H_
