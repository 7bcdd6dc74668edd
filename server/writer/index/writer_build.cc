// The part of WriterIndex that builds.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/publish/publish.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/writer_index.h"
#include "spdlog/spdlog.h"

namespace annod {

ForestBuildOptions OptionsOf(BuildJob* job, int verbosity) {
  const BuildSpec& spec = job->spec();
  ForestBuildOptions options;
  options.tree_count = spec.tree_count;
  options.seed = spec.seed;
  options.threads = spec.threads;
  options.dot_layout = spec.dot_layout;
  if (spec.metric == Metric::kHamming) options.layout = spec.hamming_layout;
  options.rules = spec.rules;
  options.cancel = job->cancel_flag();
  options.progress = [job](const BuildProgressReport& report) {
    const bool grown = report.fraction_done >= 1;
    job->Report(grown ? v1::BUILD_PHASE_PUBLISHING : v1::BUILD_PHASE_TREES,
                grown ? 0 : report.fraction_done, report.trees_done);
  };
  if (verbosity >= 1) {
    options.tree_done = [job](int tree, int64_t nodes) {
      spdlog::info("tree grown index={} tree={} nodes={}", job->index(), tree,
                   nodes);
    };
  }
  return options;
}

v1::BuildResult ResultOf(const Manifest& manifest, uint64_t forest_bytes,
                         absl::Time start) {
  v1::BuildResult result;
  result.set_version(manifest.version);
  result.set_item_count(manifest.item_count);
  result.set_tree_count(manifest.tree_count);
  result.set_forest_bytes(static_cast<int64_t>(forest_bytes));
  result.set_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  return result;
}

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
  if (staging_ != nullptr) {
    absl::StatusOr<std::shared_ptr<const StagedSnapshot>> staged =
        staging_->Freeze();
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

absl::StatusOr<v1::BuildResult> WriterIndex::Build(BuildJob* job,
                                                   int keep_versions) {
  ANNOD_RETURN_IF_ERROR(CheckBuildable());
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  const ReadyForest* const forest = job->spec().forest.get();
  absl::StatusOr<Frozen> frozen = Freeze(/*may_be_empty=*/forest != nullptr);
  ANNOD_RETURN_IF_ERROR(frozen.status());
  BuildInput input = InputOf(frozen->base.get(), *frozen->staged);
  input.with_graph = job->spec().with_graph;
  if (forest != nullptr) {
    input.base = nullptr;
    input.layers.clear();
    input.forest = forest;
  }
  return PublishBuild(*settings(), input, *frozen->staged, job, keep_versions);
}

absl::StatusOr<v1::BuildResult> WriterIndex::PublishBuild(
    const IndexSettings& settings, const BuildInput& input,
    const StagedSnapshot& staged, BuildJob* job, int keep_versions) {
  const absl::Time start = absl::Now();
  absl::StatusOr<PreparedVersion> prepared = PrepareVersion(
      fs_, settings, input, OptionsOf(job, settings.verbosity), &store_);
  if (input.base != nullptr && input.forest == nullptr &&
      absl::IsFailedPrecondition(prepared.status()) &&
      staged.item_count() == 0) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexEmpty,
        absl::StrCat("all items of index '", name_,
                     "' were removed; a build needs 1. No query finds them; "
                     "Unbuild or DropIndex ends the index's version"),
        {{"index", name_}});
  }
  if (!prepared.ok()) return WithStorageReason(prepared.status());
  if (!prepared->no_graph_reason.empty()) {
    spdlog::warn("built without a graph index={} reason=\"{}\"", name_,
                 prepared->no_graph_reason);
  }
  job->Report(v1::BUILD_PHASE_PUBLISHING, 0.5, prepared->manifest.tree_count);
  if (job->cancelled()) return absl::CancelledError();
  absl::MutexLock change(&change_mu_);
  absl::StatusOr<Manifest> manifest = store_.Publish(
      std::move(prepared->pending), std::move(prepared->manifest));
  if (!manifest.ok()) return WithStorageReason(manifest.status());
  job->Report(v1::BUILD_PHASE_PUBLISHING, 0.8, manifest->tree_count);
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      store_.Open(OwnView(), manifest->version);
  if (!version.ok()) return WithStorageReason(version.status());
  Versions versions;
  versions.newest = *version;
  versions.served = *version;
  versions.newest_number = manifest->version;
  versions.journal_through = manifest->journal_through;
  SetVersions(std::move(versions));
  {
    absl::ReaderMutexLock lock(&mu_);
    staging_->Release(staged, BaseOf(*version, manifest->journal_through));
    published_->SetContainedThrough(manifest->journal_through);
  }
  // Old versions only take space; the next build tries again.
  store_.RemoveOld(keep_versions).IgnoreError();
  return ResultOf(*manifest, (*version)->forest->bytes().size(), start);
}

}  // namespace annod
