#ifndef ANNOD_SERVER_WORKER_QUERY_QUERY_SCRATCH_H_
#define ANNOD_SERVER_WORKER_QUERY_QUERY_SCRATCH_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/id_set.h"
#include "core/search/forest_index.h"
#include "core/search_types.h"
#include "server/worker/query/query_options.h"

namespace annod {

// What one query of a call found.
struct FoundNeighbors {
  absl::Status status;
  std::vector<Neighbor> neighbors;
  SearchStats stats;
};

// What a call has taken so far; for the log.
struct CallCost {
  std::optional<Engine> engine;  // none: not chosen yet
  SearchStats stats;
};

// Memory a thread answers queries in, reused from call to call.
struct QueryScratch {
  QueryScratch();

  // Of one query.
  SearchScratchPtr search;
  std::vector<float> vector;
  IdSet positions;  // of a sparse query
  uint64_t random_state;

  // Of one call.
  FilterSets filter_sets;
  std::vector<FoundNeighbors> found;
  CallCost cost;

  // Gives memory back that an unusually large call took.
  void Shrink();
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_QUERY_SCRATCH_H_
