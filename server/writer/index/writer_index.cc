#include "server/writer/index/writer_index.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

absl::Status CannotBeChanged(const std::string& name,
                             const absl::Status& status) {
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kIndexFailed,
      absl::StrCat("index '", name, "' cannot be changed: ", status.message()),
      {{"index", name}});
}

using QuarantinedVersions =
    google::protobuf::RepeatedPtrField<v1::QuarantinedVersion>;

void FillQuarantined(const FoundVersions& versions, QuarantinedVersions* out) {
  for (const VersionStore::Rejected& rejected : versions.rejected) {
    v1::QuarantinedVersion* quarantined = out->Add();
    quarantined->set_version(rejected.version);
    quarantined->set_reason(rejected.reason);
  }
  if (versions.served_is_gone.empty()) return;
  v1::QuarantinedVersion* quarantined = out->Add();
  quarantined->set_version(versions.served->manifest.version);
  quarantined->set_reason(versions.served_is_gone);
}

}  // namespace

WriterIndex::WriterIndex(DataDirectory* data, std::string name,
                         const StagingOptions& options, FindAttachedFile find)
    : data_(data),
      name_(std::move(name)),
      directory_(data->IndexPath(name_)),
      options_(options),
      find_attached_(std::move(find)),
      fs_(data->fs()),
      store_(fs_, directory_),
      staging_(fs_, directory_, options) {
  auto settings = std::make_shared<IndexSettings>();
  settings->name = name_;
  settings_ = std::move(settings);
}

std::shared_ptr<WriterIndex> WriterIndex::Open(DataDirectory* data,
                                               const std::string& name,
                                               const StagingOptions& options,
                                               const FindAttachedFile& find) {
  auto index =
      std::shared_ptr<WriterIndex>(new WriterIndex(data, name, options, find));
  const absl::Status status = index->Recover();
  if (!status.ok()) {
    index->open_status_ = status;
    index->failure_ = CannotBeChanged(name, status);
  }
  return index;
}

absl::Status WriterIndex::Recover() {
  absl::MutexLock change(&change_mu_);
  absl::MutexLock lock(&mu_);
  absl::StatusOr<IndexSettings> read = data_->ReadSettings(name_);
  ANNOD_RETURN_IF_ERROR(read.status());
  {
    absl::MutexLock state(&state_mu_);
    settings_ = std::make_shared<const IndexSettings>(*read);
  }
  if (!read->attached() && read->dim > 0) {
    ANNOD_RETURN_IF_ERROR(staging_.OpenPage(*read));
  }
  absl::Status recovered = RecoverItems(*read);
  if (!recovered.ok()) staging_.SetFailed();
  return recovered;
}

absl::Status WriterIndex::RecoverItems(const IndexSettings& settings) {
  absl::StatusOr<FoundVersions> versions =
      settings.attached()
          ? FindAttached(fs_, directory_, settings, find_attached_)
          : FindVersions(directory_, settings, &store_);
  ANNOD_RETURN_IF_ERROR(versions.status());
  if (!settings.attached() && settings.dim > 0) {
    ANNOD_RETURN_IF_ERROR(staging_.OpenItems(settings, *versions));
    const uint64_t cut_bytes = staging_.items()->recovered_cut_bytes();
    if (cut_bytes > 0) {
      spdlog::warn(
          "unacknowledged end of the journal cut off index={} bytes={}", name_,
          cut_bytes);
    }
  }
  SetVersions(*std::move(versions));
  return absl::OkStatus();
}

absl::Status WriterIndex::CheckWritable() const {
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(failure_);
  const absl::Status journal = staging_.failure();
  if (!journal.ok()) return CannotBeChanged(name_, journal);
  const std::shared_ptr<const IndexSettings> settings = this->settings();
  if (settings->attached()) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexAttached,
        absl::StrCat("index '", name_, "' is the attached file ",
                     settings->attached_path, ", which is served read-only"),
        {{"index", name_}});
  }
  return absl::OkStatus();
}

absl::Status WriterIndex::CheckStaging() const {
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  if (staging_.items() != nullptr) return absl::OkStatus();
  return NoStagingError(name_);
}

absl::StatusOr<bool> WriterIndex::MendPage() {
  // Who holds it for long is opening the journal.
  if (!mu_.ReaderTryLock()) return false;
  absl::StatusOr<bool> mended = false;
  if (!dropped_) mended = staging_.MendPage();
  mu_.ReaderUnlock();
  return mended;
}

absl::Status WriterIndex::LookAtJournal() {
  if (!mu_.ReaderTryLock()) return absl::OkStatus();
  absl::Status status;
  if (!dropped_ && staging_.items() != nullptr) {
    status = staging_.items()->CheckFiles();
  }
  if (!status.ok()) staging_.SetFailed();
  mu_.ReaderUnlock();
  if (status.ok() || journal_failure_told_.exchange(true)) {
    return absl::OkStatus();
  }
  return status;
}

absl::Status WriterIndex::CheckChangeable() const {
  absl::ReaderMutexLock lock(&mu_);
  return CheckWritable();
}

absl::StatusOr<std::vector<int32_t>> WriterIndex::Add(
    absl::Span<const StagedItem> items) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckStaging());
  absl::StatusOr<std::vector<int32_t>> ids = staging_.items()->Add(items);
  if (!ids.ok()) return WithItemsReason(ids.status());
  return ids;
}

absl::StatusOr<std::vector<int32_t>> WriterIndex::AddWithoutSync(
    absl::Span<const StagedItem> items) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckStaging());
  absl::StatusOr<std::vector<int32_t>> ids =
      staging_.items()->AddWithoutSync(items);
  if (!ids.ok()) return WithItemsReason(ids.status());
  return ids;
}

uint64_t WriterIndex::flush_ticket() const {
  absl::ReaderMutexLock lock(&mu_);
  return staging_.items() == nullptr ? 0 : staging_.items()->flush_ticket();
}

absl::Status WriterIndex::Flush(uint64_t ticket) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  if (staging_.items() == nullptr) return absl::OkStatus();
  return WithStorageReason(staging_.items()->Flush(ticket));
}

absl::StatusOr<RemovedItems> WriterIndex::Remove(
    absl::Span<const int32_t> ids, absl::Span<const absl::string_view> labels) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  if (staging_.items() == nullptr) {
    // Without a dimension there has never been an item.
    RemovedItems none;
    none.missing_ids.assign(ids.begin(), ids.end());
    for (const absl::string_view label : labels) {
      none.missing_labels.emplace_back(label);
    }
    return none;
  }
  absl::StatusOr<RemovedItems> removed = staging_.items()->Remove(ids, labels);
  if (!removed.ok()) return WithItemsReason(removed.status());
  return removed;
}

absl::Status WriterIndex::RemoveReleased() {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  if (staging_.items() == nullptr) return absl::OkStatus();
  return WithStorageReason(staging_.items()->RemoveReleased());
}

int64_t WriterIndex::removed_count() const {
  absl::ReaderMutexLock lock(&mu_);
  return staging_.items() == nullptr ? 0 : staging_.items()->removed_count();
}

std::shared_ptr<const IndexSettings> WriterIndex::settings() const {
  absl::MutexLock lock(&state_mu_);
  return settings_;
}

std::shared_ptr<const OpenVersion> WriterIndex::current() const {
  absl::MutexLock lock(&state_mu_);
  return versions_.served;
}

std::shared_ptr<const OpenVersion> WriterIndex::newest() const {
  absl::MutexLock lock(&state_mu_);
  return versions_.newest;
}

void WriterIndex::SetVersions(FoundVersions versions) {
  // What is replaced is unmapped without the lock.
  absl::MutexLock lock(&state_mu_);
  std::swap(versions_, versions);
  if (versions_.newest == nullptr) return;
  // Feature names go with a version.
  settings_ = std::make_shared<const IndexSettings>(
      EffectiveSettings(*settings_, versions_.newest->manifest));
}

v1::IndexInfo WriterIndex::Info() const {
  absl::ReaderMutexLock lock(&mu_);
  const std::shared_ptr<const IndexSettings> settings = this->settings();
  FoundVersions versions;
  {
    absl::MutexLock state(&state_mu_);
    versions = versions_;
  }
  v1::IndexInfo info = MakeIndexInfo(*settings, versions.served.get());
  info.set_revision(RevisionOf(*settings, versions.served.get()));
  FillQuarantined(versions, info.mutable_quarantined());
  if (!failure_.ok()) {
    info.set_state(v1::INDEX_STATE_FAILED);
    info.set_state_reason(std::string(open_status_.message()));
  } else {
    info.set_state_reason(std::string(staging_.failure().message()));
  }
  if (!settings->attached()) {
    info.set_newest_version(versions.newest_number);
    const std::vector<int64_t> kept =
        VerifiedVersions(store_, versions.newest_number);
    info.mutable_kept_versions()->Add(kept.begin(), kept.end());
    LeaveOutQuarantined(&info);
  }
  if (staging_.items() != nullptr) {
    info.set_next_id(static_cast<int32_t>(staging_.items()->next_id()));
    info.set_staged_item_count(staging_.items()->item_count());
    info.set_staged_bytes(staging_.items()->journal_bytes());
    info.set_removed_item_count(staging_.items()->removed_count());
  }
  return info;
}

internal::v1::StagedState WriterIndex::Staged() const {
  absl::ReaderMutexLock lock(&mu_);
  internal::v1::StagedState state;
  state.set_index(name_);
  state.set_failure(std::string(failure_.message()));
  const absl::Status journal = staging_.failure();
  if (failure_.ok() && !journal.ok()) {
    state.set_failure(std::string(CannotBeChanged(name_, journal).message()));
  }
  if (staging_.items() != nullptr) {
    state.set_item_count(staging_.items()->item_count());
    state.set_journal_bytes(staging_.items()->journal_bytes());
    state.set_next_id(staging_.items()->next_id());
  }
  absl::MutexLock versions(&state_mu_);
  FillQuarantined(versions_, state.mutable_quarantined());
  return state;
}

absl::Status WriterIndex::Drop(const std::function<absl::Status()>& remove,
                               bool only_empty) {
  absl::MutexLock change(&change_mu_);
  absl::MutexLock lock(&mu_);
  if (dropped_) return IndexNotFoundError(name_);
  if (only_empty && HasItems()) return absl::CancelledError("it is not empty");
  ANNOD_RETURN_IF_ERROR(remove());
  dropped_ = true;
  return absl::OkStatus();
}

}  // namespace annod
