#ifndef ANNOD_SERVER_WRITER_INDEX_STAGING_AREA_H_
#define ANNOD_SERVER_WRITER_INDEX_STAGING_AREA_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/journal/published_journal.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"
#include "server/writer/index/found_versions.h"

namespace annod {

// The staging area of one index, or none, together with the page that tells
// workers how far its journal goes. An index has one if it has a dimension and
// is not attached. What opens or closes it must exclude every other call.
class StagingArea {
 public:
  // `fs` must outlive the object.
  StagingArea(FileSystem* fs, std::string index_directory,
              const StagingOptions& options);

  // Null unless OpenItems() succeeded.
  Staging* items() const { return items_.get(); }
  // OK, or why there are no items or none more can be staged: OpenItems()
  // failed, or a file of the journal was removed, replaced or cut since.
  absl::Status failure() const {
    return items_ == nullptr ? open_failure_ : items_->failure();
  }

  // Opens the page alone, so that workers find it however long the rest takes.
  absl::Status OpenPage(const IndexSettings& settings);
  // Recovers what is staged over the newest of `versions`, and opens the page
  // if it is not open. Fails as OpenPage() and Staging::Open().
  absl::Status OpenItems(const IndexSettings& settings,
                         const FoundVersions& versions);
  // There will be no items, or none more: workers that wait for the page shall
  // serve what they can. Until OpenItems() succeeds.
  void SetFailed() const;
  // See PublishedJournal::Mend(). False if there is no page. Thread-safe.
  absl::StatusOr<bool> MendPage() const;

  void CloseItems();
  // Closes all, removes it from disk and opens it anew as `settings` want it,
  // without an item; nothing without a dimension.
  absl::Status Replace(const IndexSettings& settings);

  // Lets go of `staged`, which `version` contains or replaces; nothing to do
  // where the items were closed meanwhile. Thread-safe.
  void Release(const StagedSnapshot& staged,
               const std::shared_ptr<const OpenVersion>& version);

 private:
  absl::Status TryOpenItems(const IndexSettings& settings,
                            const FoundVersions& versions);

  FileSystem* const fs_;
  const std::string index_directory_;
  const StagingOptions options_;
  // The page outlives the items, which publish to it.
  std::unique_ptr<PublishedJournal> page_;
  std::unique_ptr<Staging> items_;
  absl::Status open_failure_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_STAGING_AREA_H_
