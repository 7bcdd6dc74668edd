#ifndef ANNOD_TESTS_CORE_FOREST_GOLDEN_BUILD_H_
#define ANNOD_TESTS_CORE_FOREST_GOLDEN_BUILD_H_

#include <string>
#include <vector>

#include "core/forest/forest_builder.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {

// What a golden file was built from (tests/testdata/golden/README.md).
struct GoldenBuild {
  MemoryVectors vectors;
  ForestBuildOptions options;  // layout and rules of the producer
  bool scratch_zeroed = false;
  bool scalar = false;
  int threads = 0;
  int64_t node_count = 0;  // 0 if the description does not say
  std::string bytes;       // of the nodes, without the file's header
};

// The descriptions in a folder of golden files, e.g. "main": names without
// ".json", sorted.
std::vector<std::string> GoldenNames(const std::string& folder);

// Zeroes the bytes of split nodes that nobody reads: in files whose producer
// did not do so they are parts of its stack.
void ZeroUnusedBytes(const NodeLayout& layout, std::string* nodes);

// Reads the description and bytes of "folder/name".
GoldenBuild ReadGolden(const std::string& folder, const std::string& name);

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_FOREST_GOLDEN_BUILD_H_
