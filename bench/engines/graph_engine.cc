#include "bench/engines/graph_engine.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/engines/forest_engine.h"
#include "core/annoy/forest_data.h"
#include "core/file_system.h"
#include "core/graph/construction/graph_builder.h"
#include "core/graph/graph_file.h"
#include "core/graph/graph_index.h"
#include "core/graph/graph_writer.h"
#include "core/search/forest_index.h"
#include "core/status_macros.h"

namespace annod {
namespace {

absl::StatusOr<absl::Duration> Build(const ForestData& forest,
                                     const BenchOptions& options,
                                     const std::string& path) {
  GraphBuildOptions build;
  build.trees = options.graph_trees;
  build.seed = options.seed;
  build.threads = options.threads;
  if (options.degree > 0) {
    build.degree = build.hard_degree = options.degree;
  }
  build.code_bits = options.code_bits;
  GraphBuildTimes times;
  const absl::Time start = absl::Now();
  const absl::StatusOr<BuiltGraph> built = BuildGraph(forest, build, &times);
  if (absl::IsFailedPrecondition(built.status())) {
    return absl::UnimplementedError(built.status().message());
  }
  ANNOD_RETURN_IF_ERROR(built.status());
  ANNOD_RETURN_IF_ERROR(
      WriteGraphFile(FileSystem::Posix(), path, built->graph, {}, forest));
  absl::FPrintF(stderr,
                "graph: codes %.2f s, clusters %.2f, answers %.2f, refine %.2f "
                "(%d from %.3f), edges %.2f, both ways %.2f, companions %.2f, "
                "reach %.2f (%d rows), packing %.2f (%d bits)\n",
                times.codes, times.clusters, times.answers, times.refine,
                times.refine_passes, times.list_recall, times.first_prune,
                times.second_prune, times.companions, times.repair,
                times.repaired, times.packing, built->graph.book.bits);
  return absl::Now() - start;
}

class GraphEngine final : public BenchEngine {
 public:
  GraphEngine() : BenchEngine("graph", "graph") {}

  absl::Status Open(const BenchDataset& data, const BenchOptions& options,
                    const IndexStore& store) {
    FileSystem* fs = FileSystem::Posix();
    ANNOD_ASSIGN_OR_RETURN(
        const IndexStore::Entry forest,
        BuildBenchForest(data, options, options.graph_trees, store));
    ForestOpenOptions open;
    open.prefault = Prefault::kPopulate;
    ANNOD_ASSIGN_OR_RETURN(index_,
                           ForestIndex::Open(fs, forest.path, data.metric,
                                             data.train.dim(), open));
    ANNOD_ASSIGN_OR_RETURN(forest_,
                           FindRoots(index_->bytes(), index_->layout()));
    ANNOD_ASSIGN_OR_RETURN(
        const IndexStore::Entry graph,
        store.Get(absl::StrCat("graph-t", options.graph_trees, "-r",
                               options.degree, "-b", options.code_bits, "-s",
                               options.seed, "-j", options.threads),
                  [&](const std::string& path) {
                    return Build(forest_, options, path);
                  }));
    ANNOD_ASSIGN_OR_RETURN(
        graph_, GraphIndex::Open(fs, graph.path, index_, /*verify=*/false,
                                 Prefault::kPopulate));
    build_params_ = {{"trees", options.graph_trees},
                     {"degree", graph_->graph().degree},
                     {"code_bits", graph_->graph().book.bits}};
    build_seconds_ = forest.build_seconds + graph.build_seconds;
    index_bytes_ = forest.bytes + graph.bytes;
    SetSettings("beam", options.beams);
    return absl::OkStatus();
  }

  void Use(const BenchParams& setting) override {
    options_.beam = setting["beam"];
  }

  void Search(absl::Span<const float> query, int n,
              std::vector<int32_t>* ids) override {
    options_.n = n;
    if (!graph_->Search(query, options_, scratch_.get(), &found_, &stats_)
             .ok()) {
      std::abort();
    }
    ids->clear();
    for (const Neighbor& neighbor : found_) ids->push_back(neighbor.id);
  }

  std::optional<int64_t> distances() const override { return stats_.distances; }

 private:
  std::shared_ptr<const ForestIndex> index_;
  ForestData forest_;
  std::shared_ptr<const GraphIndex> graph_;
  SearchOptions options_;
  const SearchScratchPtr scratch_ = NewSearchScratch();
  std::vector<Neighbor> found_;
  SearchStats stats_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeGraphEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  auto engine = std::make_unique<GraphEngine>();
  ANNOD_RETURN_IF_ERROR(engine->Open(data, options, store));
  return engine;
}

}  // namespace annod
