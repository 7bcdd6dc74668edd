#ifndef ANNOD_CLIENT_CTL_TRANSFORM_OUTPUT_H_
#define ANNOD_CLIENT_CTL_TRANSFORM_OUTPUT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/types.h"

namespace annod::ctl {

// What to write of the neighbours of each row.
struct TransformShape {
  int n = 0;
  int dim = 0;
  bool vectors = false;  // the neighbours' vectors instead of their ids
  bool distances = false;
  bool labels = false;
};

// Takes the neighbours of row after row. One thread at a time.
class TransformOutput {
 public:
  virtual ~TransformOutput() = default;
  virtual absl::Status Add(const client::NeighborList& row) = 0;
  // Puts what was taken in its place; without it nothing is left.
  virtual absl::Status Finish() = 0;
};

// By the ending of `path`:
//   ""        JSON lines on standard output: {"ids":[...],"distances":[...],
//             "labels":[...],"vectors":[[...]],"truncated":false}
//   .jsonl    the same in a file
//   .csv      a heading and a line a row: neighbor_0.., distance_0..,
//   label_0..,
//             or of vectors neighbor_0_0..; cells that nothing fills are empty
//   .npy      int32 ids, -1 where there is none, of shape (rows, n), or float32
//             vectors, NaN where there is none, of shape (rows, n, dim);
//             distances in a second file, X_distances.npy beside X.npy; no
//             labels. Held in memory until the end.
// AlreadyExists for a file that exists, unless `force`.
absl::StatusOr<std::unique_ptr<TransformOutput>> OpenTransformOutput(
    const std::string& path, bool force, const TransformShape& shape);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_TRANSFORM_OUTPUT_H_
