// The part of WriterState that builds an index from another one.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/publish/overlay_source.h"
#include "core/publish/publish.h"
#include "core/status_macros.h"
#include "core/storage/version_files.h"
#include "core/version/stopwatch.h"
#include "server/rpc/errors.h"
#include "server/rpc/memory_check.h"
#include "server/writer/index/build_index.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/state/writer_state.h"

namespace annod {
namespace {

// A refusal of vectors that are no bits says where some are made.
absl::Status WithWayToBits(const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return status;
  return absl::InvalidArgumentError(absl::StrCat(
      status.message(),
      "; a rebuild makes no bits of other numbers: add them "
      "to a hamming index as 0 and 1 (annodctl export, and add --threshold)"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<BuildJob>> WriterState::StartRebuild(
    std::shared_ptr<WriterIndex> source, const IndexSettings& target,
    const BuildSpec& spec, std::vector<QuotaLedger::Grant> grants) {
  const std::shared_ptr<BuildJob> running = builds_.Find(target.name);
  if (running != nullptr && running->spec().SameResult(spec)) return running;
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  absl::StatusOr<std::shared_ptr<void>> name =
      indexes_.Reserve(target.name, config()->limits.max_indexes);
  ANNOD_RETURN_IF_ERROR(name.status());
  return builds_.Submit(
      target.name, spec,
      [this, source = std::move(source), target, name = *std::move(name),
       grants = std::move(grants)](BuildJob* job) {
        return Rebuild(source.get(), target, job);
      });
}

absl::StatusOr<v1::BuildResult> WriterState::Rebuild(WriterIndex* source,
                                                     IndexSettings target,
                                                     BuildJob* job) {
  const Stopwatch watch;
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  absl::StatusOr<WriterIndex::Frozen> frozen = source->Freeze();
  ANNOD_RETURN_IF_ERROR(frozen.status());
  const std::shared_ptr<const IndexSettings> settings = source->settings();
  // The first item may have fixed it since the request came.
  target.dim = settings->dim;
  BuildInput input;
  input.base = frozen->base.get();
  if (frozen->staged != nullptr) input.layers = {frozen->staged.get()};
  input.as_bits =
      settings->metric == Metric::kHamming && target.metric != Metric::kHamming;
  input.check_vectors =
      target.metric == Metric::kHamming && settings->metric != Metric::kHamming;
  v1::BuildResult result;
  const auto fill = [&](const PendingIndex& index) -> absl::Status {
    FileSystem* const fs = data_->fs();
    VersionStore store(fs, index.directory());
    absl::StatusOr<PreparedVersion> prepared = PrepareVersion(
        fs, target, input, OptionsOf(job, target.verbosity), &store);
    if (absl::IsFailedPrecondition(prepared.status()) &&
        OverlaySource(input.base, input.layers).CountItems() == 0) {
      return ReasonError(absl::StatusCode::kFailedPrecondition, kIndexEmpty,
                         absl::StrCat("all items of index '", source->name(),
                                      "' were removed; a build needs 1"),
                         {{"index", source->name()}});
    }
    if (!prepared.ok()) {
      return WithItemsReason(input.check_vectors
                                 ? WithWayToBits(prepared.status())
                                 : prepared.status());
    }
    if (job->cancelled()) return absl::CancelledError();
    absl::StatusOr<Manifest> manifest = store.Publish(
        std::move(prepared->pending), std::move(prepared->manifest));
    if (!manifest.ok()) return WithStorageReason(manifest.status());
    uint64_t forest_bytes = 0;
    for (const ManifestFile& file : manifest->files) {
      if (file.name == kForestFile) forest_bytes = file.bytes;
    }
    result = ResultOf(*manifest, forest_bytes, watch);
    return absl::OkStatus();
  };
  ANNOD_RETURN_IF_ERROR(indexes_.CreateReserved(target, fill).status());
  return result;
}

}  // namespace annod
