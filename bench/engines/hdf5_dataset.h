#ifndef ANNOD_BENCH_ENGINES_HDF5_DATASET_H_
#define ANNOD_BENCH_ENGINES_HDF5_DATASET_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/forest/forest_builder.h"
#include "core/metric.h"

namespace annod {

// Rows of one length, in memory.
class FloatRows : public VectorSource {
 public:
  FloatRows() = default;
  FloatRows(int dim, std::vector<float> values)
      : dim_(dim), values_(std::move(values)) {}

  int dim() const { return dim_; }
  int64_t slot_count() const override {
    return dim_ == 0 ? 0 : static_cast<int64_t>(values_.size()) / dim_;
  }
  absl::Span<const float> row(int64_t i) const {
    return absl::MakeConstSpan(values_).subspan(i * dim_, dim_);
  }
  const std::vector<float>& values() const { return values_; }
  // Of all the rows' bytes.
  uint64_t Hash() const;
  bool Get(int64_t id, absl::Span<float> out) const override;

 private:
  int dim_ = 0;
  std::vector<float> values_;
};

// A benchmark in the layout of ann-benchmarks: vectors to index, queries, and
// the ids of each query's exact nearest neighbours, best first.
struct BenchDataset {
  Metric metric = Metric::kAngular;
  FloatRows train;
  FloatRows test;
  std::vector<std::vector<int32_t>> neighbors;
};

// Reads datasets "train", "test", "neighbors" and the attribute "distance"
// (angular, euclidean, manhattan, dot; "ip" is dot) of an HDF5 file whose name
// ends in .hdf5 or .h5. Holds all of it in memory. At most `max_queries`
// queries; 0: all. NotFound, DataLoss, InvalidArgument.
absl::StatusOr<BenchDataset> ReadHdf5Dataset(const std::string& path,
                                             int64_t max_queries);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_HDF5_DATASET_H_
