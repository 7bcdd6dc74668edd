#include "bench/engines/coded_forest_engine.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "bench/engines/forest_engine.h"
#include "core/annoy/forest_data.h"
#include "core/file_system.h"
#include "core/graph/coded_forest.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/construction/clusters.h"
#include "core/graph/construction/graph_builder.h"
#include "core/graph/construction/item_codes.h"
#include "core/search/forest_index.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/status_macros.h"

namespace annod {
namespace {

class CodedForestEngine final : public BenchEngine {
 public:
  CodedForestEngine() : BenchEngine("forest", "forest+codes") {}

  absl::Status Open(const BenchDataset& data, const BenchOptions& options,
                    const IndexStore& store) {
    ANNOD_ASSIGN_OR_RETURN(
        const IndexStore::Entry entry,
        BuildBenchForest(data, options, options.trees, store));
    ForestOpenOptions open;
    open.prefault = Prefault::kPopulate;
    ANNOD_ASSIGN_OR_RETURN(
        index_, ForestIndex::Open(FileSystem::Posix(), entry.path, data.metric,
                                  data.train.dim(), open));
    ANNOD_ASSIGN_OR_RETURN(forest_,
                           FindRoots(index_->bytes(), index_->layout()));
    const absl::Time start = absl::Now();
    // In the order that items have in a graph.
    const Clusters order = CutTree(forest_, forest_.tree_roots[0],
                                   GraphBuildOptions().cluster_items);
    NumberAndEncode(forest_, order, options.seed, options.threads,
                    /*cancel=*/nullptr, &codes_);
    search_ = std::make_unique<CodedForest>(&forest_, &codes_.graph);
    build_params_["trees"] = options.trees;
    build_params_["codes"] = 1;
    build_seconds_ =
        entry.build_seconds + absl::ToDoubleSeconds(absl::Now() - start);
    index_bytes_ = entry.bytes +
                   codes_.codes.count() * codes_.codes.row_bytes() +
                   (codes_.items.size() + codes_.rows.size()) * sizeof(int32_t);
    SetSettings("search_k", options.search_k);
    return absl::OkStatus();
  }

  void Use(const BenchParams& setting) override {
    search_k_ = setting["search_k"];
  }

  void Search(absl::Span<const float> query, int n,
              std::vector<int32_t>* ids) override {
    SearchOptions options;
    options.n = n;
    const Query prepared = MakeQuery(query, forest_.layout, &scratch_.words);
    absl::Status status =
        search_->Gather(prepared, search_k_, options, &scratch_, &stats_);
    status.Update(RankCandidates(forest_, prepared, options, &scratch_, &found_,
                                 &stats_));
    if (!status.ok()) std::abort();
    ids->clear();
    for (const Neighbor& neighbor : found_) ids->push_back(neighbor.id);
  }

  std::optional<int64_t> distances() const override { return stats_.distances; }

 private:
  std::shared_ptr<const ForestIndex> index_;
  ForestData forest_;
  BuiltGraph codes_;  // without edges
  std::unique_ptr<const CodedForest> search_;
  SearchScratch scratch_;
  int64_t search_k_ = 0;
  std::vector<Neighbor> found_;
  SearchStats stats_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeCodedForestEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  auto engine = std::make_unique<CodedForestEngine>();
  ANNOD_RETURN_IF_ERROR(engine->Open(data, options, store));
  return engine;
}

}  // namespace annod
