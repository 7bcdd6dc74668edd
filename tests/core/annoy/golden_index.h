#ifndef ANNOD_TESTS_CORE_ANNOY_GOLDEN_INDEX_H_
#define ANNOD_TESTS_CORE_ANNOY_GOLDEN_INDEX_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/metric.h"
#include "core/search_types.h"

namespace annod {

// An index file of the original libraries with the answers they gave
// (tests/testdata/golden/README.md).
struct GoldenIndex {
  struct Query {
    int64_t item = -1;          // negative: by vector
    std::vector<float> vector;  // empty: by item
    int n = 0;
    int64_t search_k = 0;
    std::vector<int32_t> ids;
    std::vector<float> distances;
  };
  struct Pair {
    int64_t i, j;
    float distance;
  };

  std::string name;         // "main/angular-f7-n500"
  std::string path;         // of the .ann file
  std::string bytes;        // its contents, 8-aligned
  size_t header_bytes = 0;  // before the nodes
  Metric metric;
  int dim = 0;
  std::string layout;  // empty if the description does not say
  int64_t slot_count = 0;
  int64_t item_count = 0;
  int tree_count = 0;
  int annoy_tree_count = 0;
  bool finite = true;  // false: holds NaN or infinity on purpose
  std::map<int64_t, std::vector<float>> vectors;  // some of the items
  std::vector<Query> queries;
  std::vector<Pair> pairs;
};

// The folders; the files of scikitplots-main have 64-bit ids.
std::vector<std::string> GoldenFolders();

// Every index of a folder, sorted by name. Descriptions that have no .ann file
// (blobs only) are left out. Aborts on a malformed description.
std::vector<GoldenIndex> ReadGoldenFolder(const std::string& folder);

// All folders together.
std::vector<GoldenIndex> ReadAllGolden();

// True if `got` is the recorded distance up to the rounding that the
// description of the files allows.
bool IsGoldenDistance(Metric metric, float got, float want);

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_ANNOY_GOLDEN_INDEX_H_
