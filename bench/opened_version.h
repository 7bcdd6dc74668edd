#ifndef ANNOD_BENCH_OPENED_VERSION_H_
#define ANNOD_BENCH_OPENED_VERSION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "bench/engines/hdf5_dataset.h"
#include "core/version/open_version.h"

namespace annod {

// The version of an index that annod would serve, and queries for it.
struct OpenedVersion {
  BenchDataset data;
  std::shared_ptr<const OpenVersion> version;
};

// Opens `index` in annod's data directory `data_dir`, and reads at most
// `max_queries` queries from the HDF5 file `data_path`. Fails as
// VersionStore::Open() and ReadHdf5Dataset() do, and with InvalidArgument if
// there are no queries.
absl::StatusOr<OpenedVersion> OpenForBench(const std::string& data_dir,
                                           const std::string& index,
                                           const std::string& data_path,
                                           int64_t max_queries);

}  // namespace annod

#endif  // ANNOD_BENCH_OPENED_VERSION_H_
