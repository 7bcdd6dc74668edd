#ifndef ANNOD_SERVER_WORKER_QUERY_ANSWER_H_
#define ANNOD_SERVER_WORKER_QUERY_ANSWER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "annod/v1/index_service.pb.h"
#include "core/search_types.h"
#include "server/worker/query/item_view.h"

namespace annod {

// Puts the neighbours found into the response of a call, query by query, within
// the size that an answer may have. Not thread-safe.
class Answer {
 public:
  // All must outlive the object. `n` is the number of neighbours wanted.
  Answer(const v1::GetNnsRequest& request, const ItemView& items, int n,
         int64_t max_bytes, v1::GetNnsResponse* response);

  // The neighbours of the next query. LIMIT_REACHED before the memory is taken.
  absl::Status Add(absl::Span<const Neighbor> neighbors);

  // After the last query: ANSWER_SHORT if the request is strict and a query
  // found fewer than n.
  absl::Status Finish() const;

 private:
  absl::Status CheckSize(int64_t more_bytes);
  absl::Status AddLabels(absl::Span<const Neighbor> neighbors,
                         v1::NeighborList* result);
  absl::Status AddVectors(absl::Span<const Neighbor> neighbors,
                          v1::NeighborList* result) const;

  const v1::GetNnsRequest& request_;
  const ItemView& items_;
  const int n_;
  const int64_t max_bytes_;
  v1::GetNnsResponse* const response_;
  int64_t bytes_ = 0;
  // Queries that found too few: how many, and of the first ones their position
  // and number of neighbours.
  int short_count_ = 0;
  std::vector<std::pair<int, size_t>> first_short_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_ANSWER_H_
