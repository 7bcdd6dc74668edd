#include "server/writer/index/build_index.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/metric.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// What the index is may have changed since the bytes of the forest came.
absl::Status CheckForest(const BuildSpec& spec, const IndexSettings& settings) {
  if (spec.dim != settings.dim) {
    return FieldError(
        "dimension", absl::StrCat(spec.dim), absl::StrCat(settings.dim),
        absl::StrCat("the bytes have dimension ", spec.dim, "; index '",
                     settings.name, "' got dimension ", settings.dim,
                     " meanwhile"));
  }
  if (spec.metric == settings.metric) return absl::OkStatus();
  const std::string is(MetricName(settings.metric));
  const std::string was(MetricName(spec.metric));
  return FieldError(
      "metric", was, is,
      absl::StrCat("the bytes have metric ", was, "; index '", settings.name,
                   "' got metric ", is, " meanwhile"));
}

}  // namespace

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
    const bool made = report.fraction_done >= 1;
    job->Report(made               ? v1::BUILD_PHASE_PUBLISHING
                : report.measuring ? v1::BUILD_PHASE_GRAPH
                                   : v1::BUILD_PHASE_TREES,
                made ? 0 : report.fraction_done, report.trees_done);
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
                         const Stopwatch& watch) {
  v1::BuildResult result;
  result.set_version(manifest.version);
  result.set_item_count(manifest.item_count);
  result.set_tree_count(manifest.tree_count);
  result.set_forest_bytes(static_cast<int64_t>(forest_bytes));
  result.set_seconds(watch.Seconds());
  return result;
}

absl::StatusOr<v1::BuildResult> BuildIndex(WriterIndex* index, BuildJob* job,
                                           int keep_versions) {
  ANNOD_RETURN_IF_ERROR(index->CheckBuildable());
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  const ReadyForest* const forest = job->spec().forest.get();
  absl::StatusOr<WriterIndex::Frozen> frozen =
      index->Freeze(/*may_be_empty=*/forest != nullptr);
  ANNOD_RETURN_IF_ERROR(frozen.status());
  const std::shared_ptr<const IndexSettings> settings = index->settings();
  if (forest != nullptr) {
    ANNOD_RETURN_IF_ERROR(CheckForest(job->spec(), *settings));
  }
  if (frozen->staged == nullptr) return NoStagingError(index->name());
  BuildInput input = InputOf(frozen->base.get(), *frozen->staged);
  input.with_graph = job->spec().with_graph;
  if (forest != nullptr) {
    input.base = nullptr;
    input.layers.clear();
    input.forest = forest;
  }
  return BuildFrom(input, *frozen->staged, *settings, index, job,
                   keep_versions);
}

absl::StatusOr<v1::BuildResult> BuildFrom(const BuildInput& input,
                                          const StagedSnapshot& staged,
                                          const IndexSettings& settings,
                                          WriterIndex* index, BuildJob* job,
                                          int keep_versions) {
  const Stopwatch watch;
  absl::StatusOr<PreparedVersion> prepared =
      index->Prepare(settings, input, OptionsOf(job, settings.verbosity));
  if (input.base != nullptr && input.forest == nullptr &&
      absl::IsFailedPrecondition(prepared.status()) &&
      staged.item_count() == 0) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexEmpty,
        absl::StrCat("all items of index '", index->name(),
                     "' were removed; a build needs 1. No query finds them; "
                     "Unbuild or DropIndex ends the index's version"),
        {{"index", index->name()}});
  }
  if (!prepared.ok()) return WithItemsReason(prepared.status());
  if (!prepared->no_graph_reason.empty()) {
    spdlog::warn("built without a graph index={} reason=\"{}\"", index->name(),
                 prepared->no_graph_reason);
  }
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      index->Publish(*std::move(prepared), staged, job, keep_versions);
  ANNOD_RETURN_IF_ERROR(version.status());
  return ResultOf((*version)->manifest, (*version)->forest->bytes().size(),
                  watch);
}

}  // namespace annod
