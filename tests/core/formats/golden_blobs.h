#ifndef ANNOD_TESTS_CORE_FORMATS_GOLDEN_BLOBS_H_
#define ANNOD_TESTS_CORE_FORMATS_GOLDEN_BLOBS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/annoy/node_layout.h"
#include "core/metric.h"

namespace annod {

// What scikit-plots made of one index, with the answers it gave
// (tests/testdata/golden/README.md).
struct GoldenBlobs {
  struct Query {
    std::vector<float> vector;
    int n = 0;
    int64_t search_k = 0;
    std::vector<int32_t> ids;
    std::vector<float> distances;
  };

  std::string name;  // "scikitplots-main/angular-f7"
  Metric metric = Metric::kAngular;
  int dim = 0;
  LayoutKind layout = LayoutKind::kAngular12;
  int64_t slot_count = 0;
  int64_t item_count = 0;
  int tree_count = 0;
  std::optional<uint64_t> seed;
  // "native", "portable", "canonical", "canonical-unbuilt", "saved", "ondisk".
  std::map<std::string, std::string> bytes;
  std::vector<Query> queries;

  bool wide() const { return HasWideIds(layout); }
  // The nodes of the saved file, without its header.
  std::string SavedNodes() const;
};

// All of both folders, sorted by name. Aborts on a malformed description.
std::vector<GoldenBlobs> ReadGoldenBlobs();

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_FORMATS_GOLDEN_BLOBS_H_
