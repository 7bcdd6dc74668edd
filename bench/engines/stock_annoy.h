#ifndef ANNOD_BENCH_ENGINES_STOCK_ANNOY_H_
#define ANNOD_BENCH_ENGINES_STOCK_ANNOY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/metric.h"

namespace annod {

// The original library (Debian's package, release 1.17), for tests and
// benchmarks to compare with. Behaves, and fails, as it does: false without a
// reason. Dot is the release's layout, dot-16. Not thread-safe but for queries.
class StockAnnoy {
 public:
  static std::unique_ptr<StockAnnoy> New(Metric metric, int dim);
  virtual ~StockAnnoy() = default;

  virtual bool Add(int32_t id, absl::Span<const float> vector) = 0;
  // What several threads build differs from what one does.
  virtual bool Build(int trees, uint64_t seed, int threads) = 0;
  virtual bool Save(const std::string& path) = 0;
  virtual bool Load(const std::string& path) = 0;
  virtual int tree_count() const = 0;

  // Replaces `*ids` and `*distances`; the latter may be null.
  virtual void Search(absl::Span<const float> query, int n, int search_k,
                      std::vector<int32_t>* ids,
                      std::vector<float>* distances) const = 0;
};

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_STOCK_ANNOY_H_
