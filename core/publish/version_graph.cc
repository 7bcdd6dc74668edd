#include "core/publish/version_graph.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/cpu_count.h"
#include "core/graph/coded_recall.h"
#include "core/graph/construction/beam_measure.h"
#include "core/graph/construction/graph_builder.h"
#include "core/graph/graph_file.h"
#include "core/graph/graph_index.h"
#include "core/graph/graph_writer.h"
#include "core/memory.h"
#include "core/recall/recall_measure.h"
#include "core/recall/true_neighbors.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Of the available memory; the rest is for everybody else.
constexpr double kMemoryShare = 0.8;
// Of the whole: measuring comes last.
constexpr double kBuiltShare = 0.9;

}  // namespace

bool WantsGraph(const NodeLayout& layout, int64_t items) {
  return layout.id_bytes == sizeof(int32_t) && items > kTinyItems;
}

uint64_t VersionGraphBytes(const NodeLayout& layout, int64_t items,
                           int64_t slots) {
  return GraphFileBytes(layout, items, slots, GraphBuildOptions());
}

absl::StatusOr<VersionGraph> BuildVersionGraph(
    FileSystem* fs, const std::string& path,
    const std::shared_ptr<const ForestIndex>& forest,
    const ForestBuildOptions& options,
    const std::function<void(double)>& progress, const TrueNeighbors* truth) {
  VersionGraph result;
  GraphBuildOptions build;
  build.threads = options.threads > 0 ? options.threads : UsableCpus().count;
  build.seed = options.seed;
  build.cancel = options.cancel;
  build.progress = [&progress](double done) {
    if (progress) progress(kBuiltShare * done);
  };
  const uint64_t needed = GraphBuildBytes(
      forest->layout(), forest->item_count(), forest->slot_count(), build);
  const auto available = static_cast<uint64_t>(
      kMemoryShare * static_cast<double>(AvailableMemoryBytes()));
  if (needed > available) {
    result.reason = absl::StrCat("building it takes ", needed,
                                 " bytes of memory; ", available, " are free");
    return result;
  }
  ANNOD_ASSIGN_OR_RETURN(const ForestData data,
                         FindRoots(forest->bytes(), forest->layout()));
  const int queries = BeamQueryCount(data);
  const std::vector<int32_t> measuring =
      truth != nullptr ? truth->items
                       : DrawMeasuringItems(data, queries, options.seed);
  build.measuring = absl::MakeConstSpan(measuring).first(
      std::min(measuring.size(), static_cast<size_t>(queries)));
  GraphBuildTimes times;
  ANNOD_ASSIGN_OR_RETURN(BuiltGraph built, BuildGraph(data, build, &times));
  ANNOD_ASSIGN_OR_RETURN(const std::shared_ptr<const GraphIndex> graph,
                         GraphIndex::Of(forest, std::move(built)));
  BeamMeasureOptions measure;
  measure.seed = options.seed;
  measure.threads = build.threads;
  measure.cancel = options.cancel;
  measure.truth = truth;
  ANNOD_ASSIGN_OR_RETURN(result.curve, MeasureBeams(*graph, measure));
  RecallMeasureOptions measure_coded;
  measure_coded.seed = options.seed;
  measure_coded.threads = build.threads;
  measure_coded.cancel = options.cancel;
  measure_coded.truth = truth;
  ANNOD_ASSIGN_OR_RETURN(
      result.coded_curve,
      MeasureCodedRecall(graph->coded_forest(), measure_coded));
  ANNOD_RETURN_IF_ERROR(
      WriteGraphFile(fs, path, graph->graph(), result.curve, data));
  if (progress) progress(1);
  result.made = true;
  return result;
}

}  // namespace annod
