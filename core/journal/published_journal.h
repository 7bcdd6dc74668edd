#ifndef ANNOD_CORE_JOURNAL_PUBLISHED_JOURNAL_H_
#define ANNOD_CORE_JOURNAL_PUBLISHED_JOURNAL_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/journal/journal_position.h"
#include "core/mutex.h"

namespace annod {

// Name, in the staging directory, of the page.
inline constexpr char kPublishedFile[] = "PUBLISHED";

// The page that an index's writer shares with the workers (docs/format.md,
// "PUBLISHED"): how far the journal may be read. What the writer publishes
// before it acknowledges a call, every worker sees in its next query, without a
// message. Memory that has a name, not a file: it is neither synced nor read
// back after the machine has stopped, and so not behind FileSystem.
// Thread-safe.
class PublishedJournal {
 public:
  // For the one writer: creates the page or goes on with the one there is.
  // Workers may use it after the first Publish() or SetFailed().
  static absl::StatusOr<std::unique_ptr<PublishedJournal>> OpenForWriter(
      const std::string& index_directory, uint64_t index_tag);

  // For workers. Unavailable if no writer has written it since the machine
  // started.
  static absl::StatusOr<std::unique_ptr<const PublishedJournal>> Open(
      const std::string& index_directory, uint64_t index_tag);

  ~PublishedJournal();
  PublishedJournal(const PublishedJournal&) = delete;
  PublishedJournal& operator=(const PublishedJournal&) = delete;

  // Records up to `position` are acknowledged or about to be. Never goes back:
  // an earlier position is ignored.
  void Publish(JournalPosition position);
  // Segments up to `segment` are contained in the newest version. To be called
  // after CURRENT names that version.
  void SetContainedThrough(int64_t segment);
  // The journal cannot be read: nothing of it shall be served.
  void SetFailed();
  // The journal is given up, and so is this page: another one will take its
  // place.
  void Retire();

  // For the writer: makes the file anew, saying the same, if somebody removed,
  // replaced or cut it; true if so. Workers that have the old one find it
  // retired and must open it again. To be called now and then: until it is, a
  // page that was cut ends who touches it.
  absl::StatusOr<bool> Mend();

  JournalPosition position() const;
  int64_t contained_through() const;
  bool failed() const;
  bool retired() const;

 private:
  struct Page;
  PublishedJournal(std::string path, const struct stat& info, Page* page)
      : path_(std::move(path)),
        page_(page),
        device_(info.st_dev),
        inode_(info.st_ino) {}

  // Whether the file under the path is the one that is mapped, and whole.
  bool IsInPlace(const struct stat& info) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  Page* const page_;  // the address stays when the file is made anew

  // Held to write to the page, not to read it.
  Mutex mu_;
  dev_t device_ ABSL_GUARDED_BY(mu_);
  ino_t inode_ ABSL_GUARDED_BY(mu_);
  // What the writer has put into the page, for another one.
  uint64_t index_tag_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t state_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t position_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t contained_through_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_PUBLISHED_JOURNAL_H_
