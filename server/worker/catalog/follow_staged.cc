#include "server/worker/catalog/follow_staged.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/journal/published_journal.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"

namespace annod {

int64_t ContainedThrough(const std::string& index_directory,
                         const IndexSettings& settings) {
  const auto published =
      PublishedJournal::Open(index_directory, Xxh3(settings.incarnation));
  return published.ok() ? (*published)->contained_through() : 0;
}

absl::Status FollowStaged(const std::string& index_directory,
                          int64_t contained_through, const IndexView* before,
                          IndexView* view) {
  if (before != nullptr && before->staged != nullptr &&
      before->version == view->version && before->unbuilt == view->unbuilt &&
      before->settings.dim == view->settings.dim &&
      before->settings.incarnation == view->settings.incarnation &&
      before->staged->View().ok()) {
    // A journal that was mended may lie in other files.
    const bool was_mended =
        before->staged->has_failed() && !before->staged->failed();
    if (!was_mended) {
      view->staged = before->staged;
      return absl::OkStatus();
    }
  }
  StagedFollower::Base base;
  base.contained_through = contained_through;
  const std::shared_ptr<const OpenVersion> version =
      view->version != nullptr ? view->version : view->unbuilt;
  if (version != nullptr) {
    base.contained_through =
        std::max(contained_through, version->manifest.journal_through);
    base.slot_count = version->forest->slot_count();
    base.has_item = [version](int32_t id) {
      return version->forest->HasItem(id);
    };
  }
  absl::StatusOr<std::unique_ptr<StagedFollower>> staged =
      StagedFollower::Open(index_directory, view->settings, std::move(base));
  ANNOD_RETURN_IF_ERROR(staged.status());
  view->staged = *std::move(staged);
  return absl::OkStatus();
}

}  // namespace annod
