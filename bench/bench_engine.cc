#include "bench/bench_engine.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/stock_annoy.h"
#include "core/file_system.h"
#include "core/forest/forest_builder.h"
#include "core/forest/forest_data.h"
#include "core/forest/forest_index.h"
#include "core/graph/graph_builder.h"
#include "core/graph/graph_file.h"
#include "core/graph/graph_search.h"
#include "core/status_macros.h"

namespace annod {
namespace {

std::string IndexPath(const char* engine, const BenchDataset& data,
                      const BenchBuildOptions& options) {
  return JoinPath(
      options.directory,
      absl::StrCat(engine, "-", MetricName(data.metric), "-",
                   data.train.slot_count(), "x", data.train.dim(), "-t",
                   options.trees, "-s", options.seed, ".ann"));
}

class ForestEngine final : public BenchEngine {
 public:
  explicit ForestEngine(bool exact) : exact_(exact) {
    name_ = exact ? "exact" : "forest";
  }

  absl::Status Open(const BenchDataset& data,
                    const BenchBuildOptions& options) {
    FileSystem* fs = FileSystem::Posix();
    const std::string path = IndexPath("forest", data, options);
    if (!fs->Stat(path).ok()) {
      ForestBuildOptions build;
      build.metric = data.metric;
      build.dim = data.train.dim();
      build.tree_count = options.trees;
      build.seed = options.seed;
      build.threads = options.threads;
      const absl::Time start = absl::Now();
      ANNOD_RETURN_IF_ERROR(BuildForest(data.train, build, fs, path).status());
      if (!exact_) build_seconds_ = absl::ToDoubleSeconds(absl::Now() - start);
    }
    ForestOpenOptions open;
    open.prefault = Prefault::kPopulate;
    ANNOD_ASSIGN_OR_RETURN(index_, ForestIndex::Open(fs, path, data.metric,
                                                     data.train.dim(), open));
    index_bytes_ = index_->bytes().size();
    return absl::OkStatus();
  }

  bool is_tunable() const override { return !exact_; }

  void Search(absl::Span<const float> query, int n, int search_k,
              std::vector<int32_t>* ids) override {
    SearchOptions options;
    options.n = n;
    options.search_k = search_k;
    options.engine = exact_ ? Engine::kExact : Engine::kForest;
    if (!index_->Search(query, options, scratch_.get(), &found_, &stats_)
             .ok()) {
      std::abort();
    }
    ids->clear();
    for (const Neighbor& neighbor : found_) ids->push_back(neighbor.id);
  }

  std::optional<int64_t> distances() const override { return stats_.distances; }

 private:
  const bool exact_;
  std::shared_ptr<const ForestIndex> index_;
  const SearchScratchPtr scratch_ = NewSearchScratch();
  std::vector<Neighbor> found_;
  SearchStats stats_;
};

// The graph made of the same forest; beside it on disk.
class GraphEngine final : public BenchEngine {
 public:
  GraphEngine() { name_ = "graph"; }

  absl::Status Open(const BenchDataset& data,
                    const BenchBuildOptions& options) {
    FileSystem* fs = FileSystem::Posix();
    const std::string path = IndexPath("forest", data, options);
    const std::string graph_path = absl::StrCat(path, ".graph");
    const absl::Time start = absl::Now();
    const bool has_forest = fs->Stat(path).ok();
    if (!has_forest) {
      ForestBuildOptions build;
      build.metric = data.metric;
      build.dim = data.train.dim();
      build.tree_count = options.trees;
      build.seed = options.seed;
      build.threads = options.threads;
      ANNOD_RETURN_IF_ERROR(BuildForest(data.train, build, fs, path).status());
    }
    ForestOpenOptions open;
    open.prefault = Prefault::kPopulate;
    ANNOD_ASSIGN_OR_RETURN(index_, ForestIndex::Open(fs, path, data.metric,
                                                     data.train.dim(), open));
    ANNOD_ASSIGN_OR_RETURN(forest_,
                           FindRoots(index_->bytes(), index_->layout()));
    if (!fs->Stat(graph_path).ok()) {
      GraphBuildOptions build;
      build.threads = options.threads;
      build.degree = options.degree;
      GraphBuildTimes times;
      ANNOD_ASSIGN_OR_RETURN(const BuiltGraph built,
                             BuildGraph(forest_, build, &times));
      ANNOD_RETURN_IF_ERROR(
          WriteGraphFile(fs, graph_path, built.graph, forest_));
      if (!has_forest) {
        build_seconds_ = absl::ToDoubleSeconds(absl::Now() - start);
      }
      absl::FPrintF(stderr,
                    "graph: codes %.2f s, clusters %.2f, edges %.2f, both ways "
                    "%.2f, reach %.2f (%d rows)\n",
                    times.codes, times.clusters, times.first_prune,
                    times.second_prune, times.repair, times.repaired);
    }
    ANNOD_ASSIGN_OR_RETURN(file_, GraphFile::Open(fs, graph_path, forest_, true,
                                                  Prefault::kPopulate));
    searcher_ = std::make_unique<GraphSearcher>(&forest_, &file_->graph());
    index_bytes_ = index_->bytes().size() + file_->bytes();
    return absl::OkStatus();
  }

  const char* setting_name() const override { return "beam"; }

  void Search(absl::Span<const float> query, int n, int beam,
              std::vector<int32_t>* ids) override {
    searcher_->Search(query.data(), n, beam, &scratch_, &found_, &stats_);
    ids->clear();
    for (const Neighbor& neighbor : found_) ids->push_back(neighbor.id);
  }

  std::optional<int64_t> distances() const override { return stats_.distances; }

 private:
  std::shared_ptr<const ForestIndex> index_;
  ForestData forest_;
  std::shared_ptr<const GraphFile> file_;
  std::unique_ptr<GraphSearcher> searcher_;
  GraphScratch scratch_;
  std::vector<Neighbor> found_;
  SearchStats stats_;
};

class AnnoyEngine final : public BenchEngine {
 public:
  AnnoyEngine() { name_ = "annoy"; }

  absl::Status Open(const BenchDataset& data,
                    const BenchBuildOptions& options) {
    FileSystem* fs = FileSystem::Posix();
    const std::string path = IndexPath("annoy", data, options);
    if (!fs->Stat(path).ok()) {
      const auto builder = StockAnnoy::New(data.metric, data.train.dim());
      const absl::Time start = absl::Now();
      bool ok = true;
      for (int64_t id = 0; ok && id < data.train.slot_count(); ++id) {
        ok = builder->Add(static_cast<int32_t>(id), data.train.row(id));
      }
      ok = ok && builder->Build(options.trees, options.seed) &&
           builder->Save(path);
      if (!ok) return absl::InternalError("annoy could not build its index");
      build_seconds_ = absl::ToDoubleSeconds(absl::Now() - start);
    }
    ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs->Stat(path));
    index_bytes_ = info.size;
    index_ = StockAnnoy::New(data.metric, data.train.dim());
    if (!index_->Load(path)) {
      return absl::InternalError(absl::StrCat("annoy could not load ", path));
    }
    return absl::OkStatus();
  }

  void Search(absl::Span<const float> query, int n, int search_k,
              std::vector<int32_t>* ids) override {
    // Distances are computed anyway, and any caller wants them.
    index_->Search(query, n, search_k, ids, &distances_);
  }

 private:
  std::unique_ptr<StockAnnoy> index_;
  std::vector<float> distances_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> BenchEngine::Make(
    const std::string& name, const BenchDataset& data,
    const BenchBuildOptions& options) {
  if (name == "forest" || name == "exact") {
    auto engine = std::make_unique<ForestEngine>(name == "exact");
    ANNOD_RETURN_IF_ERROR(engine->Open(data, options));
    return engine;
  }
  if (name == "graph") {
    auto engine = std::make_unique<GraphEngine>();
    ANNOD_RETURN_IF_ERROR(engine->Open(data, options));
    return engine;
  }
  if (name == "annoy") {
    auto engine = std::make_unique<AnnoyEngine>();
    ANNOD_RETURN_IF_ERROR(engine->Open(data, options));
    return engine;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "engine '", name, "' is unknown; choose graph, forest, exact or annoy"));
}

}  // namespace annod
