#include "bench/bench_engine.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/stock_annoy.h"
#include "core/file_system.h"
#include "core/forest/forest_index.h"
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
  if (name == "annoy") {
    auto engine = std::make_unique<AnnoyEngine>();
    ANNOD_RETURN_IF_ERROR(engine->Open(data, options));
    return engine;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "engine '", name, "' is unknown; choose forest, exact or annoy"));
}

}  // namespace annod
