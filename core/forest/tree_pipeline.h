#ifndef ANNOD_CORE_FOREST_TREE_PIPELINE_H_
#define ANNOD_CORE_FOREST_TREE_PIPELINE_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace annod {

// The two ends of a pipeline of trees.
struct TreeStages {
  // Grows tree number `tree` into `*nodes`, on thread `worker` of [0, threads):
  // one call at a time for each worker.
  std::function<absl::Status(int worker, int tree, std::vector<char>* nodes)>
      grow;
  // Takes tree 0, 1, 2, ... in this order, one call at a time, from any thread.
  // May change `*nodes`. False: no more trees are wanted.
  std::function<absl::StatusOr<bool>(int tree, std::vector<char>* nodes)> take;
};

// Grows trees 0 .. tree_count - 1 on `threads` threads, the calling one among
// them, and passes them on in order, until `take` has had enough. At most 2 x
// `threads` trees are held at a time. Returns the first error, when all threads
// have stopped. With one thread no other is started. Runs with fewer threads if
// the system refuses more.
absl::Status RunTreePipeline(int threads, int tree_count,
                             const TreeStages& stages);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_TREE_PIPELINE_H_
