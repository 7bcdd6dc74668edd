#ifndef ANNOD_TESTS_FUZZ_CORE_SMALL_FOREST_H_
#define ANNOD_TESTS_FUZZ_CORE_SMALL_FOREST_H_

#include <cstdint>
#include <string>

#include "core/annoy/node_layout.h"
#include "core/forest/forest_builder.h"
#include "core/metric.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {

inline constexpr Metric kMetrics[] = {Metric::kAngular, Metric::kEuclidean,
                                      Metric::kManhattan, Metric::kDot,
                                      Metric::kHamming};
inline constexpr int kDims[] = {1, 2, 3, 7, 8, 33, 64, 65};

// Number of `metric` or `dim` there.
inline char MetricNumber(Metric metric) {
  return static_cast<char>(static_cast<int>(metric) - 1);
}
inline char DimNumber(int dim) {
  char number = 0;
  while (kDims[static_cast<size_t>(number)] != dim) ++number;
  return number;
}

inline MemoryVectors SmallVectors(Metric metric, int dim, int count) {
  MemoryVectors vectors = MemoryVectors::Random(count, dim, /*seed=*/5);
  if (metric != Metric::kHamming) return vectors;
  for (int64_t id = 0; id < count; ++id) {
    std::vector<float> bits = vectors.Row(id);
    for (float& bit : bits) bit = bit > 0 ? 1 : 0;
    vectors.Set(id, bits);
  }
  return vectors;
}

// The bytes of a file with a few items in a few trees.
inline std::string SmallForest(Metric metric, LayoutKind layout, int dim,
                               int count, FileSystem* fs) {
  MemoryVectors vectors = SmallVectors(metric, dim, count);
  vectors.Remove(1);
  ForestBuildOptions options;
  options.metric = metric;
  options.dim = dim;
  options.tree_count = 2;
  options.threads = 1;
  options.layout = layout;
  const std::string path = "/small-forest.ann";
  const auto built = BuildForest(vectors, options, fs, path);
  Require(built.ok(), built.status().ToString());
  std::string bytes = *fs->ReadFile(path, size_t{1} << 24);
  Require(fs->RemoveFile(path).ok(), "removing");
  return bytes;
}

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_CORE_SMALL_FOREST_H_
