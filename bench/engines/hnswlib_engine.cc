#include "bench/engines/hnswlib_engine.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/engines/stock_hnswlib.h"
#include "bench/engines/unit_vectors.h"
#include "core/status_macros.h"

namespace annod {
namespace {

class HnswlibEngine final : public BenchEngine {
 public:
  explicit HnswlibEngine(Metric metric)
      : BenchEngine("hnswlib", "hnswlib"), unit_(metric) {}

  absl::Status Open(const BenchDataset& data, const BenchOptions& options,
                    const IndexStore& store) {
    if (data.metric == Metric::kManhattan) {
      return absl::UnimplementedError("hnswlib has no manhattan distance");
    }
    const auto space = data.metric == Metric::kEuclidean
                           ? StockHnswlib::Space::kL2
                           : StockHnswlib::Space::kInnerProduct;
    StockHnswlib::BuildOptions build;
    build.threads = options.threads;
    const auto make =
        [&](const std::string& path) -> absl::StatusOr<absl::Duration> {
      UnitVectors unit(data.metric);
      const float* rows = unit.Rows(data.train);
      const absl::Time start = absl::Now();
      index_ = StockHnswlib::Build(space, data.train.dim(), rows,
                                   data.train.slot_count(), build);
      const absl::Duration took = absl::Now() - start;
      if (index_ == nullptr || !index_->Save(path)) {
        return absl::InternalError("hnswlib could not build its index");
      }
      return took;
    };
    ANNOD_ASSIGN_OR_RETURN(
        const IndexStore::Entry entry,
        store.Get(absl::StrCat("hnswlib-m", build.m, "-efc",
                               build.ef_construction, "-j", build.threads),
                  make));
    if (index_ == nullptr) {
      index_ = StockHnswlib::Load(space, data.train.dim(), entry.path);
    }
    if (index_ == nullptr) {
      return absl::InternalError(
          absl::StrCat("hnswlib could not load ", entry.path));
    }
    build_params_ = {{"M", build.m},
                     {"ef_construction", build.ef_construction}};
    build_seconds_ = entry.build_seconds;
    index_bytes_ = entry.bytes;
    SetSettings("ef", options.ef);
    return absl::OkStatus();
  }

  void Use(const BenchParams& setting) override {
    index_->set_ef(setting["ef"]);
  }

  void Search(absl::Span<const float> query, int n,
              std::vector<int32_t>* ids) override {
    index_->Search(unit_.Query(query), n, ids);
  }

  std::optional<int64_t> distances() const override {
    return index_->distances();
  }

 private:
  UnitVectors unit_;
  std::unique_ptr<StockHnswlib> index_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeHnswlibEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  auto engine = std::make_unique<HnswlibEngine>(data.metric);
  ANNOD_RETURN_IF_ERROR(engine->Open(data, options, store));
  return engine;
}

}  // namespace annod
