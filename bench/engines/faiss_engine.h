#ifndef ANNOD_BENCH_ENGINES_FAISS_ENGINE_H_
#define ANNOD_BENCH_ENGINES_FAISS_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/engines/index_store.h"

namespace annod {

// Variants of Faiss; angular is inner product of vectors of length one.

// HNSW of 32 links (64 on the lowest level), efConstruction 200.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeFaissHnswEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

// Inverted lists, about 4 sqrt(n), of 4-bit product codes, one for two
// components, scanned by its fast kernels; the best are ranked by their
// vectors. Unimplemented for manhattan.
absl::StatusOr<std::unique_ptr<BenchEngine>> MakeFaissIvfEngine(
    const BenchDataset& data, const BenchOptions& options,
    const IndexStore& store);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_FAISS_ENGINE_H_
