#ifndef ANNOD_BENCH_ENGINES_GRAPH_ENGINE_H_
#define ANNOD_BENCH_ENGINES_GRAPH_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/engines/index_store.h"

namespace annod {

// The graph, and a forest of its own of `options.graph_trees` trees. Build time
// and size are those of both. Unimplemented for a metric without a graph.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeGraphEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_GRAPH_ENGINE_H_
