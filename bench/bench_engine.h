#ifndef ANNOD_BENCH_BENCH_ENGINE_H_
#define ANNOD_BENCH_BENCH_ENGINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bench/hdf5_dataset.h"

namespace annod {

struct BenchBuildOptions {
  int trees = 50;
  uint64_t seed = kDefaultSeed;
  int threads = 1;
  int degree = 48;  // graph: neighbours of an item
  // Where indexes are kept. One that is there already is used as it is.
  std::string directory;
};

// One way to search a data set, with one thread.
class BenchEngine {
 public:
  // "graph", "forest": ours; "exact": ours, every item; "annoy": the original
  // library. InvalidArgument for another name; failures of building and
  // opening.
  static absl::StatusOr<std::unique_ptr<BenchEngine>> Make(
      const std::string& name, const BenchDataset& data,
      const BenchBuildOptions& options);

  virtual ~BenchEngine() = default;

  const std::string& name() const { return name_; }
  // Wall seconds; nothing if the index was there already.
  std::optional<double> build_seconds() const { return build_seconds_; }
  uint64_t index_bytes() const { return index_bytes_; }
  // True if the setting of Search() means something.
  virtual bool is_tunable() const { return true; }
  // What it is called: "search_k" or "beam".
  virtual const char* setting_name() const { return "search_k"; }

  // Replaces `*ids` with the `n` nearest found. Aborts on an internal error.
  virtual void Search(absl::Span<const float> query, int n, int setting,
                      std::vector<int32_t>* ids) = 0;

  // Distances computed by all searches so far; nothing if unknown.
  virtual std::optional<int64_t> distances() const { return std::nullopt; }

 protected:
  std::string name_;
  std::optional<double> build_seconds_;
  uint64_t index_bytes_ = 0;
};

}  // namespace annod

#endif  // ANNOD_BENCH_BENCH_ENGINE_H_
