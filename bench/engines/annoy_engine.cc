#include "bench/engines/annoy_engine.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/engines/stock_annoy.h"
#include "core/status_macros.h"

namespace annod {
namespace {

absl::StatusOr<absl::Duration> Build(const BenchDataset& data,
                                     const BenchOptions& options,
                                     const std::string& path) {
  const auto index = StockAnnoy::New(data.metric, data.train.dim());
  const absl::Time start = absl::Now();
  bool ok = true;
  for (int64_t id = 0; ok && id < data.train.slot_count(); ++id) {
    ok = index->Add(static_cast<int32_t>(id), data.train.row(id));
  }
  ok = ok && index->Build(options.trees, options.seed, options.threads);
  const absl::Duration took = absl::Now() - start;
  if (!ok || !index->Save(path)) {
    return absl::InternalError("annoy could not build its index");
  }
  return took;
}

class AnnoyEngine final : public BenchEngine {
 public:
  AnnoyEngine() : BenchEngine("annoy", "annoy") {}

  absl::Status Open(const BenchDataset& data, const BenchOptions& options,
                    const IndexStore& store) {
    ANNOD_ASSIGN_OR_RETURN(
        const IndexStore::Entry entry,
        store.Get(absl::StrCat("annoy-t", options.trees, "-s", options.seed,
                               "-j", options.threads),
                  [&](const std::string& path) {
                    return Build(data, options, path);
                  }));
    index_ = StockAnnoy::New(data.metric, data.train.dim());
    if (!index_->Load(entry.path)) {
      return absl::InternalError(
          absl::StrCat("annoy could not load ", entry.path));
    }
    build_params_["trees"] = options.trees;
    build_seconds_ = entry.build_seconds;
    index_bytes_ = entry.bytes;
    SetSettings("search_k", options.search_k);
    return absl::OkStatus();
  }

  void Use(const BenchParams& setting) override {
    search_k_ = setting["search_k"];
  }

  void Search(absl::Span<const float> query, int n,
              std::vector<int32_t>* ids) override {
    // Distances are computed anyway, and any caller wants them.
    index_->Search(query, n, search_k_, ids, &distances_);
  }

 private:
  std::unique_ptr<StockAnnoy> index_;
  int search_k_ = -1;
  std::vector<float> distances_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeAnnoyEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  auto engine = std::make_unique<AnnoyEngine>();
  ANNOD_RETURN_IF_ERROR(engine->Open(data, options, store));
  return engine;
}

}  // namespace annod
