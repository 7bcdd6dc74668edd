#ifndef ANNOD_CORE_FOREST_FOREST_BUILDER_H_
#define ANNOD_CORE_FOREST_FOREST_BUILDER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/forest/build_rules.h"
#include "core/forest/default_seed.h"
#include "core/metric.h"

namespace annod {

// Vectors to index, by id. Implementations are read from one thread, twice at
// most, each time by increasing id.
class VectorSource {
 public:
  virtual ~VectorSource() = default;
  // Largest id plus one; 0 if empty.
  virtual int64_t slot_count() const = 0;
  // Writes the vector of `id` (hamming: one float a component) and returns
  // true, or returns false for a hole. `out` has the dimension's size.
  virtual bool Get(int64_t id, absl::Span<float> out) const = 0;
};

struct BuildProgressReport {
  double fraction_done = 0;  // of the call, [0, 1], never falling
  int trees_done = 0;
  // The trees are there; what is made of them is not (core/publish).
  bool measuring = false;
};

struct ForestBuildOptions {
  Metric metric = Metric::kAngular;
  int dim = 0;
  // [1, 10000], or -1: until the nodes reach twice the slots, as in Annoy, but
  // no more than 10000.
  int tree_count = 50;
  uint64_t seed = kDefaultSeed;
  // Worker threads; 0 means all cores. The bytes written do not depend on it.
  int threads = 0;
  // Layout to write for dot: kDot24 or kDot16.
  LayoutKind dot_layout = LayoutKind::kDot24;
  // Layout to write, whatever the metric: any that stores it.
  std::optional<LayoutKind> layout;
  // All but kAnnod make byte for byte what another program's scalar
  // single-thread build does: its random number stream and its order of float
  // operations. Slower; threads is then taken as 1.
  BuildRules rules = BuildRules::kAnnod;
  // Called now and then from the building threads, one call at a time; may be
  // empty.
  std::function<void(const BuildProgressReport&)> progress;
  // Called after each tree, in order, one call at a time, with the number of
  // trees and of the tree's nodes; may be empty.
  std::function<void(int trees_done, int64_t nodes)> tree_done;
  // The build stops soon after this becomes true, with Cancelled; may be null.
  const std::atomic<bool>* cancel = nullptr;
};

struct ForestBuildResult {
  int64_t slot_count = 0;
  int64_t item_count = 0;
  int tree_count = 0;
  int64_t node_count = 0;
  uint64_t bytes = 0;
  NodeLayout layout;
};

// Builds a forest over `source` and writes it to `path`, which must not exist,
// as a native Annoy file, synced. Deterministic: the bytes depend on the
// vectors, metric, dimension, tree_count, seed, layout and rules alone, not on
// threads or the CPU. Item slots are written straight to the file and read back
// through a mapping, so memory stays near the size of the trees being grown,
// not of the data. InvalidArgument for an option out of range, an empty source
// with tree_count -1, or a vector with a non-finite component (naming id and
// component); Cancelled; I/O errors. On failure the file is removed.
absl::StatusOr<ForestBuildResult> BuildForest(const VectorSource& source,
                                              const ForestBuildOptions& options,
                                              FileSystem* fs,
                                              const std::string& path);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_FOREST_BUILDER_H_
