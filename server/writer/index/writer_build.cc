// The part of WriterIndex that a build asks of it: what is to be built from,
// frozen, and the version made of it, published.
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/publish/publish.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/index/writer_index.h"

namespace annod {

absl::Status WriterIndex::CheckBuildable() const {
  ANNOD_RETURN_IF_ERROR(CheckChangeable());
  absl::MutexLock lock(&state_mu_);
  return versions_.base_failure;
}

absl::StatusOr<WriterIndex::Frozen> WriterIndex::Freeze(
    bool may_be_empty) const {
  absl::ReaderMutexLock lock(&mu_);
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(failure_);
  Frozen frozen;
  {
    absl::MutexLock state(&state_mu_);
    ANNOD_RETURN_IF_ERROR(versions_.base_failure);
    frozen.base = versions_.newest;
  }
  if (staging_.items() != nullptr) {
    absl::StatusOr<std::shared_ptr<const StagedSnapshot>> staged =
        staging_.items()->Freeze();
    if (!staged.ok()) return WithStorageReason(staged.status());
    frozen.staged = *std::move(staged);
  }
  if (!may_be_empty && frozen.base == nullptr &&
      (frozen.staged == nullptr || frozen.staged->item_count() == 0)) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexEmpty,
        absl::StrCat("index '", name_, "' has 0 items; a build needs 1"),
        {{"index", name_}});
  }
  return frozen;
}

absl::StatusOr<std::shared_ptr<const StagedSnapshot>>
WriterIndex::BeginReset() {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  if (staging_.items() == nullptr) return nullptr;
  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> staged =
      staging_.items()->Freeze();
  if (!staged.ok()) return WithStorageReason(staged.status());
  return staged;
}

absl::StatusOr<int64_t> WriterIndex::ReserveIds(std::optional<int32_t> start,
                                                int64_t count) {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckStaging());
  return staging_.items()->ReserveIds(start, count);
}

void WriterIndex::ForgetReservedIds() {
  absl::ReaderMutexLock lock(&mu_);
  if (staging_.items() != nullptr) staging_.items()->ForgetReservedIds();
}

absl::StatusOr<PreparedVersion> WriterIndex::Prepare(
    const IndexSettings& settings, const BuildInput& input,
    ForestBuildOptions options) {
  return PrepareVersion(fs_, settings, input, std::move(options), &store_);
}

absl::StatusOr<std::shared_ptr<const OpenVersion>> WriterIndex::Publish(
    PreparedVersion prepared, const StagedSnapshot& staged, BuildJob* job,
    int keep_versions) {
  job->Report(v1::BUILD_PHASE_PUBLISHING, 0.5, prepared.manifest.tree_count);
  if (job->cancelled()) return absl::CancelledError();
  absl::MutexLock change(&change_mu_);
  absl::StatusOr<Manifest> manifest =
      store_.Publish(std::move(prepared.pending), std::move(prepared.manifest));
  if (!manifest.ok()) return WithStorageReason(manifest.status());
  job->Report(v1::BUILD_PHASE_PUBLISHING, 0.8, manifest->tree_count);
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      store_.Open(WriterView(*settings()), manifest->version);
  if (!version.ok()) return WithStorageReason(version.status());
  FoundVersions versions;
  versions.newest = *version;
  versions.served = *version;
  versions.newest_number = manifest->version;
  versions.journal_through = manifest->journal_through;
  SetVersions(std::move(versions));
  {
    absl::ReaderMutexLock lock(&mu_);
    staging_.Release(staged, *version);
  }
  // Old versions only take space; the next build tries again.
  store_.RemoveOld(keep_versions).IgnoreError();
  return version;
}

}  // namespace annod
