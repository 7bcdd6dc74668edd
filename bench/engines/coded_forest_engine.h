#ifndef ANNOD_BENCH_ENGINES_CODED_FOREST_ENGINE_H_
#define ANNOD_BENCH_ENGINES_CODED_FOREST_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/engines/index_store.h"

namespace annod {

// The variant of "forest" that ranks candidates by the codes a graph brings:
// the same trees, with codes made when it is opened.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeCodedForestEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_CODED_FOREST_ENGINE_H_
