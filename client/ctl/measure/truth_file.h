#ifndef ANNOD_CLIENT_CTL_MEASURE_TRUTH_FILE_H_
#define ANNOD_CLIENT_CTL_MEASURE_TRUTH_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace annod::ctl {

// The ids of the true neighbours of `queries` queries: row i of a file, nearest
// first, its first `k` ids, each once. A row may name fewer: it ends at the
// first negative number, and the file may be narrower than `k`. Ids are below
// 2^24, which a float32 holds exactly, and below `slots`. InvalidArgument
// naming the row for others, if there are fewer rows, or if the first is
// probably a header: 0, 1, 2, ... with one row more than queries.
absl::StatusOr<std::vector<std::vector<int32_t>>> ReadTruthFile(
    const std::string& path, size_t queries, int k, int64_t slots);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_TRUTH_FILE_H_
