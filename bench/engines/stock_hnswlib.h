#ifndef ANNOD_BENCH_ENGINES_STOCK_HNSWLIB_H_
#define ANNOD_BENCH_ENGINES_STOCK_HNSWLIB_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace annod {

// hnswlib (Debian's package), for benchmarks to compare with. Not thread-safe.
class StockHnswlib {
 public:
  enum class Space { kL2, kInnerProduct };

  struct BuildOptions {
    int m = 16;
    int ef_construction = 200;
    int threads = 1;
  };

  // Indexes `count` rows of `dim` components, which it copies, by their
  // numbers. Null if the library fails.
  static std::unique_ptr<StockHnswlib> Build(Space space, int dim,
                                             const float* rows, size_t count,
                                             const BuildOptions& options);
  // Null if the library fails.
  static std::unique_ptr<StockHnswlib> Load(Space space, int dim,
                                            const std::string& path);
  virtual ~StockHnswlib() = default;

  virtual bool Save(const std::string& path) = 0;
  virtual void set_ef(int ef) = 0;
  // Replaces `*ids`, nearest first; leaves it empty if the library fails.
  virtual void Search(const float* query, int n, std::vector<int32_t>* ids) = 0;
  // Computed by all searches.
  virtual int64_t distances() const = 0;
};

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_STOCK_HNSWLIB_H_
