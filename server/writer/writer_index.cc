#include "server/writer/writer_index.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/forest/forest_builder.h"
#include "core/status_macros.h"
#include "core/storage/publish.h"
#include "server/conversions.h"
#include "server/errors.h"
#include "spdlog/spdlog.h"

namespace annod {

absl::Status WithStorageReason(absl::Status status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return WithReason(std::move(status), kInvalidField, {{"field", "items"}});
    case absl::StatusCode::kAlreadyExists:
      return WithReason(std::move(status), kLabelTaken);
    case absl::StatusCode::kResourceExhausted:
      return WithReason(std::move(status), kLimitReached);
    default:
      return WithReason(std::move(status), kStorageFailed);
  }
}

WriterIndex::WriterIndex(const DataDirectory& data, std::string name)
    : name_(std::move(name)),
      directory_(data.IndexPath(name_)),
      fs_(data.fs()),
      store_(fs_, directory_) {
  settings_.name = name_;
}

std::shared_ptr<WriterIndex> WriterIndex::Open(const DataDirectory& data,
                                               const std::string& name,
                                               const StagingOptions& options) {
  auto index = std::shared_ptr<WriterIndex>(new WriterIndex(data, name));
  absl::StatusOr<IndexSettings> settings = data.ReadSettings(name);
  absl::Status status = settings.status();
  if (status.ok()) {
    index->settings_ = *std::move(settings);
    status = index->Recover(options);
  }
  if (!status.ok()) {
    index->open_status_ = status;
    index->failure_ =
        ReasonError(absl::StatusCode::kFailedPrecondition, kIndexFailed,
                    absl::StrCat("index '", name,
                                 "' cannot be changed: ", status.message()),
                    {{"index", name}});
  }
  return index;
}

absl::Status WriterIndex::Recover(const StagingOptions& options) {
  if (!settings_.attached()) return RecoverOwn(options);
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      OpenAttached(fs_, directory_, settings_);
  ANNOD_RETURN_IF_ERROR(version.status());
  absl::MutexLock lock(&current_mu_);
  current_ = *std::move(version);
  return absl::OkStatus();
}

absl::Status WriterIndex::RecoverOwn(const StagingOptions& options) {
  absl::StatusOr<int64_t> number = store_.Current();
  ANNOD_RETURN_IF_ERROR(number.status());
  std::shared_ptr<const OpenVersion> version;
  int64_t journal_through = 0;
  if (*number != 0) {
    std::vector<VersionStore::Rejected> rejected;
    absl::StatusOr<std::shared_ptr<const OpenVersion>> best =
        store_.OpenBest(settings_, &rejected);
    ANNOD_RETURN_IF_ERROR(best.status());
    version = *std::move(best);
    journal_through = version->manifest.journal_through;
    if (version->manifest.version != *number) {
      // The journal that the damaged version contained is gone: numbering must
      // go on behind it, or its repair would hide newer items.
      absl::StatusOr<Manifest> damaged = store_.ReadManifest(*number);
      ANNOD_RETURN_IF_ERROR(damaged.status());
      journal_through = std::max(journal_through, damaged->journal_through);
      base_failure_ = ReasonError(
          absl::StatusCode::kDataLoss, kStorageFailed,
          absl::StrCat("index '", name_, "': version ", *number,
                       " failed its check (",
                       rejected.empty() ? "unknown" : rejected.front().reason,
                       "); a build on version ", version->manifest.version,
                       " would lose its items"));
    }
  }
  absl::StatusOr<std::unique_ptr<Staging>> staging = Staging::Open(
      fs_, directory_, settings_, options, BaseOf(version, journal_through));
  ANNOD_RETURN_IF_ERROR(staging.status());
  staging_ = *std::move(staging);
  if (staging_->recovered_cut_bytes() > 0) {
    spdlog::warn("unacknowledged end of the journal cut off index={} bytes={}",
                 name_, staging_->recovered_cut_bytes());
  }
  absl::MutexLock lock(&current_mu_);
  current_ = std::move(version);
  return absl::OkStatus();
}

Staging::Base WriterIndex::BaseOf(
    const std::shared_ptr<const OpenVersion>& version,
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

absl::Status WriterIndex::CheckWritable() const {
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(failure_);
  if (settings_.attached()) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexAttached,
        absl::StrCat("index '", name_, "' is the attached file ",
                     settings_.attached_path, ", which is served read-only"),
        {{"index", name_}});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int32_t>> WriterIndex::Add(
    absl::Span<const StagedItem> items) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  absl::StatusOr<std::vector<int32_t>> ids = staging_->Add(items);
  if (!ids.ok()) return WithStorageReason(ids.status());
  return ids;
}

absl::StatusOr<std::vector<int32_t>> WriterIndex::AddWithoutSync(
    absl::Span<const StagedItem> items) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  absl::StatusOr<std::vector<int32_t>> ids = staging_->AddWithoutSync(items);
  if (!ids.ok()) return WithStorageReason(ids.status());
  return ids;
}

uint64_t WriterIndex::flush_ticket() const {
  return staging_ == nullptr ? 0 : staging_->flush_ticket();
}

absl::Status WriterIndex::Flush(uint64_t ticket) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  return WithStorageReason(staging_->Flush(ticket));
}

absl::Status WriterIndex::CheckBuildable() const {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  return base_failure_;
}

absl::StatusOr<v1::BuildResult> WriterIndex::Build(BuildJob* job,
                                                   int keep_versions) {
  ANNOD_RETURN_IF_ERROR(CheckBuildable());
  const absl::Time start = absl::Now();
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> staged =
      staging_->Freeze();
  if (!staged.ok()) return WithStorageReason(staged.status());
  const std::shared_ptr<const OpenVersion> base = current();
  if (base == nullptr && (*staged)->item_count() == 0) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexEmpty,
        absl::StrCat("index '", name_, "' has 0 items; a build needs 1"),
        {{"index", name_}});
  }
  ForestBuildOptions options;
  options.tree_count = job->spec().tree_count;
  options.seed = job->spec().seed;
  options.threads = job->spec().threads;
  options.dot_layout = job->spec().dot_layout;
  options.cancel = job->cancel_flag();
  options.progress = [job](const BuildProgressReport& report) {
    const bool grown = report.fraction_done >= 1;
    job->Report(grown ? v1::BUILD_PHASE_PUBLISHING : v1::BUILD_PHASE_TREES,
                grown ? 0 : report.fraction_done, report.trees_done);
  };
  absl::StatusOr<Manifest> manifest =
      BuildAndPublish(fs_, settings_, base.get(), **staged, options, &store_);
  if (!manifest.ok()) return WithStorageReason(manifest.status());
  job->Report(v1::BUILD_PHASE_PUBLISHING, 0.8, manifest->tree_count);
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      store_.Open(settings_, manifest->version);
  if (!version.ok()) return WithStorageReason(version.status());
  {
    absl::MutexLock lock(&current_mu_);
    current_ = *version;
  }
  staging_->Release(**staged, BaseOf(*version, manifest->journal_through));
  ANNOD_RETURN_IF_ERROR(WithStorageReason(staging_->RemoveReleased()));
  // Old versions only take space; the next build tries again.
  store_.RemoveOld(keep_versions).IgnoreError();
  v1::BuildResult result;
  result.set_version(manifest->version);
  result.set_item_count(manifest->item_count);
  result.set_tree_count(manifest->tree_count);
  result.set_forest_bytes(
      static_cast<int64_t>((*version)->forest->bytes().size()));
  result.set_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  return result;
}

std::shared_ptr<const OpenVersion> WriterIndex::current() const {
  absl::MutexLock lock(&current_mu_);
  return current_;
}

v1::IndexInfo WriterIndex::Info() const {
  v1::IndexInfo info = MakeIndexInfo(settings_, current().get());
  if (staging_ != nullptr) {
    info.set_staged_item_count(staging_->item_count());
    info.set_staged_bytes(staging_->journal_bytes());
  }
  return info;
}

internal::v1::StagedState WriterIndex::Staged() const {
  internal::v1::StagedState state;
  state.set_index(name_);
  state.set_failure(std::string(failure_.message()));
  if (staging_ != nullptr) {
    state.set_item_count(staging_->item_count());
    state.set_journal_bytes(staging_->journal_bytes());
  }
  return state;
}

absl::Status WriterIndex::Drop(const std::function<absl::Status()>& remove) {
  absl::MutexLock lock(&mu_);
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(remove());
  dropped_ = true;
  return absl::OkStatus();
}

}  // namespace annod
