#include "bench/engines/faiss_engine.h"

#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVFPQFastScan.h>
#include <faiss/IndexRefine.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/engines/unit_vectors.h"
#include "core/status_macros.h"

// Faiss uses it to train and add.
extern "C" void openblas_set_num_threads(int threads);

namespace annod {
namespace {

void UseThreads(int threads) {
  omp_set_num_threads(std::max(1, threads));
  openblas_set_num_threads(std::max(1, threads));
}

faiss::MetricType FaissMetric(Metric metric) {
  switch (metric) {
    case Metric::kEuclidean:
      return faiss::METRIC_L2;
    case Metric::kManhattan:
      return faiss::METRIC_L1;
    default:
      return faiss::METRIC_INNER_PRODUCT;
  }
}

std::string IvfDescription(int64_t items, int dim) {
  // It trains on no fewer than 39 items a list.
  const auto lists = std::clamp<int64_t>(
      std::llround(4 * std::sqrt(static_cast<double>(items))), 1,
      std::max<int64_t>(1, items / 39));
  return absl::StrCat("IVF", lists, ",PQ", dim % 2 == 0 ? dim / 2 : dim,
                      "x4fs,RFlat");
}

class FaissEngine : public BenchEngine {
 public:
  FaissEngine(std::string label, Metric metric)
      : BenchEngine("faiss", std::move(label)), unit_(metric) {}

  // The library throws.
  absl::Status Open(const BenchDataset& data, const BenchOptions& options,
                    const IndexStore& store) {
    try {
      return OpenOrThrow(data, options, store);
    } catch (const std::exception& e) {
      return absl::InternalError(absl::StrCat("faiss: ", e.what()));
    }
  }

  void Search(absl::Span<const float> query, int n,
              std::vector<int32_t>* ids) override {
    found_.resize(n);
    distances_.resize(n);
    index_->search(1, unit_.Query(query), n, distances_.data(), found_.data());
    ids->clear();
    for (const faiss::Index::idx_t id : found_) {
      if (id >= 0) ids->push_back(static_cast<int32_t>(id));
    }
  }

 protected:
  // An empty index, and what to call its file.
  virtual std::unique_ptr<faiss::Index> New(const BenchDataset& data,
                                            std::string* name) = 0;
  // Whether `index` is of the kind that New() makes; remembers it if so.
  virtual bool Adopt(faiss::Index* index) = 0;
  virtual void ListSettings(const BenchOptions& options) = 0;

 private:
  absl::Status OpenOrThrow(const BenchDataset& data,
                           const BenchOptions& options,
                           const IndexStore& store) {
    std::string name;
    std::unique_ptr<faiss::Index> fresh = New(data, &name);
    const auto make =
        [&](const std::string& path) -> absl::StatusOr<absl::Duration> {
      UnitVectors unit(data.metric);
      const float* rows = unit.Rows(data.train);
      UseThreads(options.threads);
      const absl::Time start = absl::Now();
      fresh->train(data.train.slot_count(), rows);
      fresh->add(data.train.slot_count(), rows);
      const absl::Duration took = absl::Now() - start;
      faiss::write_index(fresh.get(), path.c_str());
      index_ = std::move(fresh);
      return took;
    };
    ANNOD_ASSIGN_OR_RETURN(
        const IndexStore::Entry entry,
        store.Get(absl::StrCat("faiss-", name, "-j", options.threads), make));
    UseThreads(1);
    if (index_ == nullptr) index_.reset(faiss::read_index(entry.path.c_str()));
    if (!Adopt(index_.get())) {
      return absl::InternalError(
          absl::StrCat(entry.path, " holds another index"));
    }
    build_seconds_ = entry.build_seconds;
    index_bytes_ = entry.bytes;
    ListSettings(options);
    return absl::OkStatus();
  }

  UnitVectors unit_;
  std::unique_ptr<faiss::Index> index_;
  std::vector<faiss::Index::idx_t> found_;
  std::vector<float> distances_;
};

class HnswEngine final : public FaissEngine {
 public:
  explicit HnswEngine(Metric metric) : FaissEngine("faiss-hnsw", metric) {}

  void Use(const BenchParams& setting) override {
    index_->hnsw.efSearch = setting["efSearch"];
  }

 protected:
  std::unique_ptr<faiss::Index> New(const BenchDataset& data,
                                    std::string* name) override {
    constexpr int kLinks = 32, kEfConstruction = 200;
    auto index = std::make_unique<faiss::IndexHNSWFlat>(
        data.train.dim(), kLinks, FaissMetric(data.metric));
    index->hnsw.efConstruction = kEfConstruction;
    build_params_ = {{"index", absl::StrCat("HNSW", kLinks)},
                     {"efConstruction", kEfConstruction}};
    *name = absl::StrCat("hnsw", kLinks, "-efc", kEfConstruction);
    return index;
  }

  bool Adopt(faiss::Index* index) override {
    index_ = dynamic_cast<faiss::IndexHNSW*>(index);
    return index_ != nullptr;
  }

  void ListSettings(const BenchOptions& options) override {
    SetSettings("efSearch", options.ef);
  }

 private:
  faiss::IndexHNSW* index_ = nullptr;
};

class IvfEngine final : public FaissEngine {
 public:
  explicit IvfEngine(Metric metric) : FaissEngine("faiss-ivfpq", metric) {}

  void Use(const BenchParams& setting) override {
    lists_->nprobe = setting["nprobe"].get<size_t>();
    refine_->k_factor = setting["k_factor"].get<float>();
  }

 protected:
  std::unique_ptr<faiss::Index> New(const BenchDataset& data,
                                    std::string* name) override {
    *name = IvfDescription(data.train.slot_count(), data.train.dim());
    build_params_["index"] = *name;
    return std::unique_ptr<faiss::Index>(faiss::index_factory(
        data.train.dim(), name->c_str(), FaissMetric(data.metric)));
  }

  bool Adopt(faiss::Index* index) override {
    refine_ = dynamic_cast<faiss::IndexRefine*>(index);
    if (refine_ == nullptr) return false;
    lists_ = dynamic_cast<faiss::IndexIVF*>(refine_->base_index);
    return lists_ != nullptr;
  }

  void ListSettings(const BenchOptions& options) override {
    for (const int nprobe : options.nprobe) {
      if (nprobe > static_cast<int>(lists_->nlist)) break;
      for (const int k_factor : options.k_factor) {
        settings_.push_back({{"nprobe", nprobe}, {"k_factor", k_factor}});
      }
    }
  }

 private:
  faiss::IndexRefine* refine_ = nullptr;
  faiss::IndexIVF* lists_ = nullptr;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeFaissHnswEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  auto engine = std::make_unique<HnswEngine>(data.metric);
  ANNOD_RETURN_IF_ERROR(engine->Open(data, options, store));
  return engine;
}

absl::StatusOr<std::unique_ptr<BenchEngine>> MakeFaissIvfEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store) {
  if (data.metric == Metric::kManhattan) {
    return absl::UnimplementedError(
        "faiss has no product codes for manhattan distance");
  }
  auto engine = std::make_unique<IvfEngine>(data.metric);
  ANNOD_RETURN_IF_ERROR(engine->Open(data, options, store));
  return engine;
}

}  // namespace annod
