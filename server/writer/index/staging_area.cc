#include "server/writer/index/staging_area.h"

#include <utility>

#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

Staging::Base BaseOf(const std::shared_ptr<const OpenVersion>& version,
                     int64_t journal_through) {
  Staging::Base base;
  base.journal_through = journal_through;
  if (version == nullptr) return base;
  base.slot_count = version->forest->slot_count();
  base.item_count = version->forest->item_count();
  base.next_id = version->manifest.next_id;
  // The functions keep the version mapped for as long as staging needs it.
  if (version->labels != nullptr) {
    base.ids_of_label = [version](absl::string_view label) {
      return version->labels->IdsOf(label);
    };
  }
  base.has_item = [version](int32_t id) {
    return version->forest->HasItem(id);
  };
  return base;
}

}  // namespace

StagingArea::StagingArea(FileSystem* fs, std::string index_directory,
                         const StagingOptions& options)
    : fs_(fs),
      index_directory_(std::move(index_directory)),
      options_(options) {}

absl::Status StagingArea::OpenPage(const IndexSettings& settings) {
  absl::Status made =
      fs_->CreateDirectory(JoinPath(index_directory_, kStagingDirectory));
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  absl::StatusOr<std::unique_ptr<PublishedJournal>> page =
      PublishedJournal::OpenForWriter(index_directory_,
                                      Xxh3(settings.incarnation));
  ANNOD_RETURN_IF_ERROR(page.status());
  page_ = *std::move(page);
  return absl::OkStatus();
}

absl::Status StagingArea::OpenItems(const IndexSettings& settings,
                                    const FoundVersions& versions) {
  open_failure_ = TryOpenItems(settings, versions);
  return open_failure_;
}

absl::Status StagingArea::TryOpenItems(const IndexSettings& settings,
                                       const FoundVersions& versions) {
  if (page_ == nullptr) ANNOD_RETURN_IF_ERROR(OpenPage(settings));
  StagingOptions options = options_;
  options.acknowledged = page_->position();
  options.publish = [page = page_.get()](JournalPosition position) {
    page->Publish(position);
  };
  absl::StatusOr<std::unique_ptr<Staging>> items =
      Staging::Open(fs_, index_directory_, settings, options,
                    BaseOf(versions.newest, versions.journal_through));
  ANNOD_RETURN_IF_ERROR(items.status());
  items_ = *std::move(items);
  page_->SetContainedThrough(items_->released_through());
  return absl::OkStatus();
}

void StagingArea::SetFailed() const {
  if (page_ != nullptr) page_->SetFailed();
}

absl::StatusOr<bool> StagingArea::MendPage() const {
  if (page_ == nullptr) return false;
  return page_->Mend();
}

void StagingArea::CloseItems() { items_ = nullptr; }

absl::Status StagingArea::Replace(const IndexSettings& settings) {
  items_ = nullptr;
  open_failure_ = absl::OkStatus();
  if (page_ != nullptr) page_->Retire();
  page_ = nullptr;
  absl::Status removed =
      fs_->RemoveRecursively(JoinPath(index_directory_, kStagingDirectory));
  if (settings.dim == 0) return removed;
  if (removed.ok()) return OpenItems(settings, FoundVersions());
  open_failure_ = removed;
  return removed;
}

void StagingArea::Release(const StagedSnapshot& staged,
                          const std::shared_ptr<const OpenVersion>& version) {
  if (items_ == nullptr) return;
  const int64_t journal_through = version->manifest.journal_through;
  items_->Release(staged, BaseOf(version, journal_through));
  page_->SetContainedThrough(journal_through);
}

}  // namespace annod
