#ifndef ANNOD_BENCH_ENGINES_HNSWLIB_ENGINE_H_
#define ANNOD_BENCH_ENGINES_HNSWLIB_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/engines/index_store.h"

namespace annod {

// hnswlib, M 16, ef_construction 200. Angular: inner product of vectors of
// length one. Unimplemented for manhattan.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeHnswlibEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_HNSWLIB_ENGINE_H_
