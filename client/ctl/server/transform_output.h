#ifndef ANNOD_CLIENT_CTL_SERVER_TRANSFORM_OUTPUT_H_
#define ANNOD_CLIENT_CTL_SERVER_TRANSFORM_OUTPUT_H_

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

enum class TransformFormat {
  // A heading and a line a row, cells separated by tabs: neighbor_0 ..,
  // distance_0 .., label_0 .., or of vectors neighbor_0_0 ..; cells that
  // nothing
  // fills are empty. A tab, line end or backslash in a label is written \t, \n,
  // \r, \\.
  kTabs,
  // The same with commas, labels in double quotes, as they are.
  kCommas,
  // A line a row: {"ids":[..],"distances":[..],"labels":[..],"vectors":[[..]],
  // "truncated":false}, of which only what was asked for is there.
  kJsonLines,
  // The same objects in one document, {"results":[..]}, held in memory until
  // the
  // end.
  kJsonDocument,
};

// Takes the neighbours of row after row. One thread at a time.
class TransformOutput {
 public:
  virtual ~TransformOutput() = default;
  // Unavailable if standard output was closed; otherwise as FileSystem.
  virtual absl::Status Add(const client::NeighborList& row) = 0;
  // Puts what was taken in its place; a file is not there before.
  virtual absl::Status Finish() = 0;
};

// Writes to the file `path`, or to standard output if it is empty.
// AlreadyExists for a file that exists, unless `force`.
absl::StatusOr<std::unique_ptr<TransformOutput>> OpenTransformOutput(
    const std::string& path, bool force, TransformFormat format,
    const TransformShape& shape);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_TRANSFORM_OUTPUT_H_
