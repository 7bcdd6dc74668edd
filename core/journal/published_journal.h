#ifndef ANNOD_CORE_JOURNAL_PUBLISHED_JOURNAL_H_
#define ANNOD_CORE_JOURNAL_PUBLISHED_JOURNAL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/journal/journal_position.h"

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

  JournalPosition position() const;
  int64_t contained_through() const;
  bool failed() const;
  bool retired() const;

 private:
  struct Page;
  explicit PublishedJournal(Page* page) : page_(page) {}

  Page* const page_;
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_PUBLISHED_JOURNAL_H_
