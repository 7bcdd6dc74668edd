// The part of WriterIndex that chooses what is served.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "core/storage/version_files.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/index/writer_index.h"

namespace annod {
namespace {

absl::Status NotBuilt(const std::string& name) {
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kIndexNotBuilt,
      absl::StrCat("index '", name, "' has no version yet; call Build first"),
      {{"index", name}});
}

}  // namespace

absl::Status WriterIndex::Unbuild() {
  absl::MutexLock change(&change_mu_);
  ANNOD_RETURN_IF_ERROR(CheckChangeable());
  IndexSettings changed = *settings();
  absl::StatusOr<int64_t> newest = store_.Newest(changed);
  if (!newest.ok()) return WithStorageReason(newest.status());
  if (*newest == 0) return NotBuilt(name_);
  changed.unbuilt_through = *newest;
  ANNOD_RETURN_IF_ERROR(StoreSettings(std::move(changed)));
  std::shared_ptr<const OpenVersion> none;
  absl::MutexLock lock(&state_mu_);
  std::swap(versions_.served, none);
  versions_.served_is_gone.clear();
  return absl::OkStatus();
}

absl::Status WriterIndex::Activate(int64_t version) {
  absl::MutexLock change(&change_mu_);
  ANNOD_RETURN_IF_ERROR(CheckChangeable());
  IndexSettings changed = *settings();
  absl::StatusOr<int64_t> newest = store_.Newest(changed);
  if (!newest.ok()) return WithStorageReason(newest.status());
  if (*newest == 0) return NotBuilt(name_);
  const std::vector<int64_t> kept = KeptVersions(store_, *newest);
  if (!std::binary_search(kept.begin(), kept.end(), version)) {
    return ReasonError(absl::StatusCode::kNotFound, kVersionNotFound,
                       absl::StrCat("version is ", version, "; index '", name_,
                                    "' keeps ", absl::StrJoin(kept, ", ")),
                       {{"index", name_}, {"version", absl::StrCat(version)}});
  }
  absl::StatusOr<std::shared_ptr<const OpenVersion>> opened =
      store_.Open(WriterView(*settings()), version);
  if (!opened.ok()) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kVersionRejected,
        absl::StrCat("version ", version, " of index '", name_,
                     "' does not pass its checks: ", opened.status().message()),
        {{"index", name_}, {"version", absl::StrCat(version)}});
  }
  // First what a restart must know to find the newest version, then the choice,
  // and last that there is something to serve again: no moment in between
  // serves anything but the old choice or the new one.
  if (version < *newest && changed.rolled_back_from != *newest) {
    changed.rolled_back_from = *newest;
    ANNOD_RETURN_IF_ERROR(StoreSettings(changed));
  }
  ANNOD_RETURN_IF_ERROR(WithStorageReason(store_.SetCurrent(version)));
  if (version <= changed.unbuilt_through) {
    changed.unbuilt_through = 0;
    ANNOD_RETURN_IF_ERROR(StoreSettings(changed));
  }
  absl::MutexLock lock(&state_mu_);
  std::swap(versions_.served, *opened);
  versions_.served_is_gone.clear();
  return absl::OkStatus();
}

bool WriterIndex::LookAtVersions() {
  const std::shared_ptr<const OpenVersion> served = current();
  if (served == nullptr) return false;
  const std::string& attached = settings()->attached_path;
  const std::string path =
      !attached.empty() ? attached
                        : JoinPath(JoinPath(directory_, kVersionsDirectory),
                                   VersionName(served->manifest.version));
  std::string reason;
  if (absl::IsNotFound(fs_->Stat(path).status())) {
    reason = absl::StrCat("'", path,
                          "' was removed; it is served until a restart only");
  }
  absl::MutexLock lock(&state_mu_);
  if (versions_.served != served || versions_.served_is_gone == reason) {
    return false;
  }
  versions_.served_is_gone = std::move(reason);
  return true;
}

absl::Status WriterIndex::Reload() {
  absl::MutexLock change(&change_mu_);
  absl::MutexLock lock(&mu_);
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(failure_);
  const std::shared_ptr<const IndexSettings> settings = this->settings();
  if (settings->attached()) {
    absl::StatusOr<FoundVersions> found =
        FindAttached(fs_, directory_, *settings, find_attached_);
    if (found.ok()) {
      SetVersions(*std::move(found));
      return absl::OkStatus();
    }
    // The file as it was before is mapped and serves on, unless it was cut.
    const std::shared_ptr<const OpenVersion> before = current();
    if (before != nullptr && !CheckUnchanged(fs_, *before).ok()) {
      SetVersions(FoundVersions());
    }
    absl::MutexLock state(&state_mu_);
    versions_.rejected = {{1, std::string(found.status().message())}};
    return absl::OkStatus();
  }
  absl::StatusOr<FoundVersions> found =
      FindVersions(directory_, *settings, &store_);
  if (!found.ok()) return WithStorageReason(found.status());
  if (settings->dim > 0) {
    // The journal lies over another version now. What was written to it counts
    // from here on, whoever waits for it.
    Staging* const items = staging_.items();
    if (items != nullptr && items->failure().ok()) {
      ANNOD_RETURN_IF_ERROR(
          WithStorageReason(items->Flush(items->flush_ticket())));
    }
    staging_.CloseItems();
    const absl::Status opened = staging_.OpenItems(*settings, *found);
    if (!opened.ok()) staging_.SetFailed();
    journal_failure_told_ = !opened.ok();
    ANNOD_RETURN_IF_ERROR(WithStorageReason(opened));
  }
  SetVersions(*std::move(found));
  return absl::OkStatus();
}

}  // namespace annod
