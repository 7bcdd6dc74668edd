#include "core/publish/publish.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/vector_check.h"
#include "core/cpu_count.h"
#include "core/graph/construction/beam_measure.h"
#include "core/publish/overlay_source.h"
#include "core/publish/version_graph.h"
#include "core/recall/recall_curve.h"
#include "core/recall/recall_measure.h"
#include "core/recall/true_neighbors.h"
#include "core/search/forest_index.h"
#include "core/status_macros.h"
#include "core/storage/version_files.h"
#include "core/version/stopwatch.h"

namespace annod {
namespace {

using Labels = std::vector<std::pair<int32_t, absl::string_view>>;

absl::StatusOr<NodeLayout> LayoutToWrite(const ForestBuildOptions& options) {
  const LayoutKind kind =
      options.layout.value_or(options.metric == Metric::kDot
                                  ? options.dot_layout
                                  : LayoutsForMetric(options.metric).front());
  return MakeNodeLayout(kind, options.metric, options.dim);
}

uint64_t LabelBytes(const Labels& labels) {
  uint64_t bytes = 0;
  for (const auto& [id, label] : labels) bytes += label.size() + 16;
  return bytes;
}

// Bytes the version will take, estimated from above for data that splits
// evenly. A bucket holds up to K items and is rarely less than half full, a
// tree has as many splits as buckets, and never as many nodes as items.
uint64_t PredictBytes(const NodeLayout& layout, int64_t slots, int64_t items,
                      int tree_count, const Labels& labels) {
  const double tree_nodes = std::min<double>(
      items, std::ceil(4.0 * items / layout.bucket_capacity) + 1);
  const double trees =
      tree_count > 0
          ? tree_count
          : std::ceil(slots / std::max(tree_nodes, 1.0)) + 1;  // see options
  const double nodes = slots + trees * (tree_nodes + 1);  // and the root copies
  constexpr uint64_t kSmallFiles = uint64_t{1} << 16;  // manifest, directories
  return static_cast<uint64_t>(nodes * layout.node_bytes) + LabelBytes(labels) +
         kSmallFiles;
}

// Of items that claim one label, the one stored last has it. Two claim it if
// they were stored without knowledge of each other: a row of a Fit and an item
// staged while its version was built, or items on both sides of a change of
// versions.
Labels LatestOfEach(const OverlaySource& source, Labels labels) {
  std::vector<uint32_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int text = labels[a].second.compare(labels[b].second);
    if (text != 0) return text < 0;
    const int depth_a = source.DepthOf(labels[a].first);
    const int depth_b = source.DepthOf(labels[b].first);
    return depth_a != depth_b ? depth_a > depth_b : a < b;
  });
  std::vector<bool> keep(labels.size(), true);
  for (size_t i = 1; i < order.size(); ++i) {
    if (labels[order[i]].second == labels[order[i - 1]].second) {
      keep[order[i]] = false;
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (keep[i]) labels[kept++] = labels[i];
  }
  labels.resize(kept);
  return labels;
}

absl::Status CheckSpace(FileSystem* fs, const std::string& directory,
                        uint64_t needed) {
  ANNOD_ASSIGN_OR_RETURN(const uint64_t available,
                         fs->AvailableBytes(directory));
  if (needed <= available) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the new version needs about ", needed, " bytes in '",
                   directory, "'; ", available, " are available"));
}

// Trees take most of the time of a version with a graph, and nearly all
// without.
constexpr double kShareBesideGraph = 0.6;
constexpr double kShareWithoutGraph = 0.9;

double ForestShare(bool with_graph, int64_t item_count) {
  if (with_graph) return kShareBesideGraph;
  return item_count > kTinyItems ? kShareWithoutGraph : 1;
}

// The forest's progress as part of a whole that goes on after it.
ForestBuildOptions AsPart(ForestBuildOptions options, double share) {
  if (!options.progress || share == 1) return options;
  const auto whole = options.progress;
  options.progress = [whole, share](BuildProgressReport report) {
    report.fraction_done *= share;
    whole(report);
  };
  return options;
}

// What is made of the forest just built at `path`, and beside it.
struct Measured {
  RecallCurve recall_curve;
  VersionGraph graph;
};

absl::StatusOr<Measured> MeasureBuilt(FileSystem* fs, const std::string& path,
                                      const std::string& graph_path,
                                      const ForestBuildResult& built,
                                      const ForestBuildOptions& options) {
  Measured measured;
  if (built.item_count <= kTinyItems) return measured;
  const double share = ForestShare(!graph_path.empty(), built.item_count);
  const auto report = [&](double done) {
    if (!options.progress) return;
    options.progress(
        {share + (1 - share) * done, built.tree_count, /*measuring=*/true});
  };
  report(0);
  ForestOpenOptions open;
  open.verify = Verify::kTrusted;
  open.item_count = built.item_count;
  ANNOD_ASSIGN_OR_RETURN(
      const std::shared_ptr<const ForestIndex> forest,
      ForestIndex::Open(fs, path, options.metric, options.dim, open));
  // Both curves are measured by the same queries.
  const int threads =
      options.threads > 0 ? options.threads : UsableCpus().count;
  int queries = RecallQueryCount(forest->tree_count(), built.item_count);
  ANNOD_ASSIGN_OR_RETURN(const ForestData data,
                         FindRoots(forest->bytes(), forest->layout()));
  if (!graph_path.empty()) queries = std::max(queries, BeamQueryCount(data));
  ANNOD_ASSIGN_OR_RETURN(
      const TrueNeighbors truth,
      FindTrueNeighbors(data, queries, options.seed, threads, options.cancel));
  RecallMeasureOptions measure;
  measure.threads = threads;
  measure.cancel = options.cancel;
  measure.truth = &truth;
  ANNOD_ASSIGN_OR_RETURN(
      measured.recall_curve,
      MeasureRecall(forest->bytes(), forest->layout(), measure));
  if (graph_path.empty()) {
    report(1);
    return measured;
  }
  ANNOD_ASSIGN_OR_RETURN(
      measured.graph,
      BuildVersionGraph(fs, graph_path, forest, options, report, &truth));
  return measured;
}

// Above every id that was in use, those of removed items included.
int64_t NextId(const BuildInput& input, int64_t slot_count) {
  int64_t next_id = slot_count;
  if (input.base != nullptr) {
    next_id = std::max({next_id, input.base->manifest.next_id,
                        input.base->forest->slot_count()});
  }
  for (const ItemLayer* const layer : input.layers) {
    for (const std::vector<int32_t>* const ids :
         {&layer->ids(), &layer->removed_ids()}) {
      if (!ids->empty()) next_id = std::max(next_id, int64_t{ids->back()} + 1);
    }
  }
  return next_id;
}

// Vectors as a hamming index would give them back.
class BitSource final : public VectorSource {
 public:
  explicit BitSource(const VectorSource* source) : source_(*source) {}
  int64_t slot_count() const override { return source_.slot_count(); }
  bool Get(int64_t id, absl::Span<float> out) const override {
    if (!source_.Get(id, out)) return false;
    for (float& component : out) component = component > 0.5f ? 1.0f : 0.0f;
    return true;
  }

 private:
  const VectorSource& source_;
};

absl::Status CheckVectors(Metric metric, int dim, const VectorSource& source) {
  std::vector<float> vector(dim);
  for (int64_t id = 0; id < source.slot_count(); ++id) {
    if (!source.Get(id, absl::MakeSpan(vector)) || IsTaken(metric, vector)) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "item ", id, ": ", FindVectorFault(metric, vector)->Message()));
  }
  return absl::OkStatus();
}

}  // namespace

BuildInput InputOf(const OpenVersion* base, const StagedSnapshot& staged) {
  BuildInput input;
  input.base = base;
  input.layers = {&staged};
  input.journal_through =
      std::max(staged.through_segment(),
               base == nullptr ? 0 : base->manifest.journal_through);
  return input;
}

absl::StatusOr<Manifest> BuildAndPublish(FileSystem* fs,
                                         const IndexSettings& settings,
                                         const OpenVersion* base,
                                         const StagedSnapshot& staged,
                                         ForestBuildOptions options,
                                         VersionStore* store) {
  return BuildAndPublish(fs, settings, InputOf(base, staged),
                         std::move(options), store);
}

absl::StatusOr<Manifest> BuildAndPublish(FileSystem* fs,
                                         const IndexSettings& settings,
                                         const BuildInput& input,
                                         ForestBuildOptions options,
                                         VersionStore* store) {
  ANNOD_ASSIGN_OR_RETURN(
      PreparedVersion version,
      PrepareVersion(fs, settings, input, std::move(options), store));
  return store->Publish(std::move(version.pending),
                        std::move(version.manifest));
}

absl::StatusOr<PreparedVersion> PrepareVersion(FileSystem* fs,
                                               const IndexSettings& settings,
                                               const BuildInput& input,
                                               ForestBuildOptions options,
                                               VersionStore* store) {
  const Stopwatch watch;
  options.metric = settings.metric;
  options.dim = settings.dim;
  const OverlaySource source(input.base, input.layers);
  const BitSource bits(&source);
  const VectorSource& vectors =
      input.as_bits ? static_cast<const VectorSource&>(bits) : source;
  const ReadyForest* const ready = input.forest;
  const int64_t item_count =
      ready == nullptr ? source.CountItems() : ready->item_count;
  if (item_count == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("index '", settings.name, "' has 0 items; a build needs 1",
                     input.base == nullptr ? "" : " (all were removed)"));
  }
  if (input.check_vectors) {
    ANNOD_RETURN_IF_ERROR(CheckVectors(
        options.metric, options.dim, OverlaySource(input.base, input.layers)));
  }
  Labels labels = source.Labels();
  ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout, LayoutToWrite(options));
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<PendingVersion> pending,
                         store->Begin());
  const bool with_graph = input.with_graph && WantsGraph(layout, item_count);
  ANNOD_RETURN_IF_ERROR(CheckSpace(
      fs, pending->directory(),
      (ready == nullptr ? PredictBytes(layout, source.slot_count(), item_count,
                                       options.tree_count, labels)
                        : ready->bytes) +
          (with_graph
               ? VersionGraphBytes(layout, item_count, source.slot_count())
               : 0)));
  const std::string forest_path = pending->FilePath(kForestFile);
  const ForestBuildOptions part =
      AsPart(options, ForestShare(with_graph, item_count));
  ANNOD_ASSIGN_OR_RETURN(const ForestBuildResult built,
                         ready == nullptr
                             ? BuildForest(vectors, part, fs, forest_path)
                             : ready->write(forest_path, part));
  ANNOD_ASSIGN_OR_RETURN(
      Measured measured,
      MeasureBuilt(fs, forest_path,
                   with_graph ? pending->FilePath(kGraphFile) : "", built,
                   options));
  if (!labels.empty()) {
    const std::string path = pending->FilePath(kLabelsFile);
    absl::Status written =
        WriteLabels(fs, path, labels, settings.allow_duplicate_labels);
    if (absl::IsInvalidArgument(written)) {
      labels = LatestOfEach(source, std::move(labels));
      written = WriteLabels(fs, path, labels, settings.allow_duplicate_labels);
    }
    ANNOD_RETURN_IF_ERROR(written);
  }
  Manifest manifest;
  manifest.next_id = NextId(input, built.slot_count);
  manifest.dim = settings.dim;
  manifest.metric = settings.metric;
  manifest.layout = built.layout.kind;
  manifest.slot_count = built.slot_count;
  manifest.item_count = built.item_count;
  manifest.tree_count = built.tree_count;
  manifest.label_count = static_cast<int64_t>(labels.size());
  manifest.seed = ready == nullptr ? options.seed : ready->seed;
  manifest.recall_curve = std::move(measured.recall_curve);
  manifest.beam_curve = std::move(measured.graph.curve);
  manifest.coded_recall_curve = std::move(measured.graph.coded_curve);
  manifest.build_seconds = watch.Seconds();
  manifest.create_time =
      absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  manifest.journal_through = input.journal_through;
  manifest.incarnation = settings.incarnation;
  manifest.feature_names = settings.feature_names;
  return PreparedVersion{std::move(pending), std::move(manifest),
                         std::move(measured.graph.reason)};
}

}  // namespace annod
