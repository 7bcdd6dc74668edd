#include "bench/engines/stock_annoy.h"

#include <type_traits>

#define ANNOYLIB_MULTITHREADED_BUILD
// Its chatter is not ours.
#define __ERROR_PRINTER_OVERRIDE__(...)
#include "annoylib.h"
#include "kissrandom.h"

namespace annod {
namespace {

// Component `T` is float, or a word of bits for hamming.
template <typename T, typename Distance>
class StockAnnoyOf final : public StockAnnoy {
 public:
  static constexpr bool kBits = std::is_same<T, uint64_t>::value;

  explicit StockAnnoyOf(int dim) : index_(kBits ? (dim + 63) / 64 : dim) {}

  bool Add(int32_t id, absl::Span<const float> vector) override {
    return index_.add_item(id, Pack(vector).data());
  }
  bool Build(int trees, uint64_t seed, int threads) override {
    index_.set_seed(seed);
    return index_.build(trees, threads);
  }
  bool Save(const std::string& path) override {
    return index_.save(path.c_str());
  }
  bool Load(const std::string& path) override {
    return index_.load(path.c_str());
  }
  int tree_count() const override { return index_.get_n_trees(); }

  void Search(absl::Span<const float> query, int n, int search_k,
              std::vector<int32_t>* ids,
              std::vector<float>* distances) const override {
    ids->clear();
    if constexpr (kBits) {
      std::vector<T> found;
      index_.get_nns_by_vector(Pack(query).data(), n, search_k, ids, &found);
      if (distances != nullptr) distances->assign(found.begin(), found.end());
    } else {
      if (distances != nullptr) distances->clear();
      index_.get_nns_by_vector(query.data(), n, search_k, ids, distances);
    }
  }

 private:
  static auto Pack(absl::Span<const float> vector) {
    if constexpr (kBits) {
      std::vector<uint64_t> words((vector.size() + 63) / 64);
      for (size_t j = 0; j < vector.size(); ++j) {
        if (vector[j] > 0.5f) words[j / 64] |= uint64_t{1} << (j % 64);
      }
      return words;
    } else {
      return vector;
    }
  }

  AnnoyIndex<int32_t, T, Distance, Kiss64Random,
             AnnoyIndexMultiThreadedBuildPolicy>
      index_;
};

}  // namespace

std::unique_ptr<StockAnnoy> StockAnnoy::New(Metric metric, int dim) {
  switch (metric) {
    case Metric::kAngular:
      return std::make_unique<StockAnnoyOf<float, Angular>>(dim);
    case Metric::kEuclidean:
      return std::make_unique<StockAnnoyOf<float, Euclidean>>(dim);
    case Metric::kManhattan:
      return std::make_unique<StockAnnoyOf<float, Manhattan>>(dim);
    case Metric::kDot:
      return std::make_unique<StockAnnoyOf<float, DotProduct>>(dim);
    case Metric::kHamming:
      return std::make_unique<StockAnnoyOf<uint64_t, Hamming>>(dim);
  }
  return nullptr;
}

}  // namespace annod
