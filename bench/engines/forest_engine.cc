#include "bench/engines/forest_engine.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/forest/forest_builder.h"
#include "core/search/forest_index.h"
#include "core/status_macros.h"

namespace annod {
namespace {

class ForestEngine final : public BenchEngine {
 public:
  explicit ForestEngine(Engine engine)
      : BenchEngine(engine == Engine::kExact ? "exact" : "forest",
                    engine == Engine::kExact ? "exact" : "forest") {
    options_.engine = engine;
  }

  absl::Status Open(const BenchDataset& data, const BenchOptions& options,
                    const IndexStore& store) {
    const bool exact = options_.engine == Engine::kExact;
    const int trees = exact ? 1 : options.trees;
    ANNOD_ASSIGN_OR_RETURN(const IndexStore::Entry entry,
                           BuildBenchForest(data, options, trees, store));
    ForestOpenOptions open;
    open.prefault = Prefault::kPopulate;
    ANNOD_ASSIGN_OR_RETURN(
        index_, ForestIndex::Open(FileSystem::Posix(), entry.path, data.metric,
                                  data.train.dim(), open));
    build_params_["trees"] = trees;
    build_seconds_ = entry.build_seconds;
    index_bytes_ = entry.bytes;
    if (exact) {
      settings_ = {BenchParams::object()};
    } else {
      SetSettings("search_k", options.search_k);
    }
    return absl::OkStatus();
  }

  void Use(const BenchParams& setting) override {
    options_.search_k = setting.value("search_k", -1);
  }

  void Search(absl::Span<const float> query, int n,
              std::vector<int32_t>* ids) override {
    options_.n = n;
    if (!index_->Search(query, options_, scratch_.get(), &found_, &stats_)
             .ok()) {
      std::abort();
    }
    ids->clear();
    for (const Neighbor& neighbor : found_) ids->push_back(neighbor.id);
  }

  std::optional<int64_t> distances() const override { return stats_.distances; }

 private:
  std::shared_ptr<const ForestIndex> index_;
  const SearchScratchPtr scratch_ = NewSearchScratch();
  SearchOptions options_;
  std::vector<Neighbor> found_;
  SearchStats stats_;
};

absl::StatusOr<std::unique_ptr<BenchEngine>> Make(Engine engine,
                                                  const BenchDataset& data,
                                                  const BenchOptions& options,
                                                  const IndexStore& store) {
  auto made = std::make_unique<ForestEngine>(engine);
  ANNOD_RETURN_IF_ERROR(made->Open(data, options, store));
  return made;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeForestEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  return Make(Engine::kForest, data, options, store);
}

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeExactEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  return Make(Engine::kExact, data, options, store);
}

absl::StatusOr<IndexStore::Entry> BuildBenchForest(const BenchDataset& data,
                                                   const BenchOptions& options,
                                                   int trees,
                                                   const IndexStore& store) {
  ForestBuildOptions build;
  build.metric = data.metric;
  build.dim = data.train.dim();
  build.tree_count = trees;
  build.seed = options.seed;
  build.threads = options.threads;
  return store.Get(
      absl::StrCat("forest-t", trees, "-s", build.seed, "-j", build.threads),
      [&](const std::string& path) -> absl::StatusOr<absl::Duration> {
        const absl::Time start = absl::Now();
        ANNOD_RETURN_IF_ERROR(
            BuildForest(data.train, build, FileSystem::Posix(), path).status());
        return absl::Now() - start;
      });
}

}  // namespace annod
