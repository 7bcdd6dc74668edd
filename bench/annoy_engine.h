#ifndef ANNOD_BENCH_ANNOY_ENGINE_H_
#define ANNOD_BENCH_ANNOY_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/bench_engine.h"
#include "bench/hdf5_dataset.h"
#include "bench/index_store.h"

namespace annod {

// The original library.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeAnnoyEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ANNOY_ENGINE_H_
