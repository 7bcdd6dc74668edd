#ifndef ANNOD_BENCH_ENGINES_ANNOY_ENGINE_H_
#define ANNOD_BENCH_ENGINES_ANNOY_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/engines/index_store.h"

namespace annod {

// The original library.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeAnnoyEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_ANNOY_ENGINE_H_
