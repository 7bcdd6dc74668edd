#ifndef ANNOD_BENCH_ENGINES_FOREST_ENGINE_H_
#define ANNOD_BENCH_ENGINES_FOREST_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/engines/index_store.h"

namespace annod {

// Best-first search of a forest of `options.trees` trees.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeForestEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

// Every item compared. Its index is a forest of one tree.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeExactEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

// Builds a forest of `trees` trees, as the product does.
absl::StatusOr<IndexStore::Entry> BuildBenchForest(const BenchDataset& data,
                                                   const BenchOptions& options,
                                                   int trees,
                                                   const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_FOREST_ENGINE_H_
