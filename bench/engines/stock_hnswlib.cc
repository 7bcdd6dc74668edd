#include "bench/engines/stock_hnswlib.h"

#include <hnswlib/hnswlib.h>

#include <atomic>
#include <exception>
#include <thread>

namespace annod {
namespace {

std::unique_ptr<hnswlib::SpaceInterface<float>> NewSpace(
    StockHnswlib::Space space, int dim) {
  if (space == StockHnswlib::Space::kL2) {
    return std::make_unique<hnswlib::L2Space>(dim);
  }
  return std::make_unique<hnswlib::InnerProductSpace>(dim);
}

class StockHnswlibIndex final : public StockHnswlib {
 public:
  StockHnswlibIndex(Space space, int dim, size_t count,
                    const BuildOptions& options)
      : space_(NewSpace(space, dim)),
        index_(space_.get(), count, options.m, options.ef_construction) {}

  StockHnswlibIndex(Space space, int dim, const std::string& path)
      : space_(NewSpace(space, dim)), index_(space_.get(), path) {}

  void Add(int dim, const float* rows, size_t count, int threads) {
    if (count == 0) return;
    // The first alone, as the library's own bindings do it.
    index_.addPoint(rows, 0);
    std::atomic<size_t> next{1};
    std::atomic<bool> failed{false};
    const auto work = [&] {
      try {
        for (size_t i = next++; i < count; i = next++) {
          index_.addPoint(rows + i * dim, i);
        }
      } catch (const std::exception&) {
        failed = true;
      }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    for (std::thread& thread : others) thread.join();
    if (failed) throw std::runtime_error("a point could not be added");
    index_.metric_distance_computations = 0;
  }

  bool Save(const std::string& path) override {
    try {
      index_.saveIndex(path);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  void set_ef(int ef) override { index_.setEf(ef); }

  void Search(const float* query, int n, std::vector<int32_t>* ids) override {
    ids->clear();
    try {
      auto found = index_.searchKnn(query, n);
      ids->resize(found.size());
      for (size_t i = found.size(); i-- > 0; found.pop()) {
        (*ids)[i] = static_cast<int32_t>(found.top().second);
      }
    } catch (const std::exception&) {
      ids->clear();
    }
  }

  int64_t distances() const override {
    return index_.metric_distance_computations;
  }

 private:
  const std::unique_ptr<hnswlib::SpaceInterface<float>> space_;
  hnswlib::HierarchicalNSW<float> index_;
};

}  // namespace

std::unique_ptr<StockHnswlib> StockHnswlib::Build(Space space, int dim,
                                                  const float* rows,
                                                  size_t count,
                                                  const BuildOptions& options) {
  try {
    auto index =
        std::make_unique<StockHnswlibIndex>(space, dim, count, options);
    index->Add(dim, rows, count, options.threads);
    return index;
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::unique_ptr<StockHnswlib> StockHnswlib::Load(Space space, int dim,
                                                 const std::string& path) {
  try {
    return std::make_unique<StockHnswlibIndex>(space, dim, path);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace annod
