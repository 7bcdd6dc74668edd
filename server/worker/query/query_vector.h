#ifndef ANNOD_SERVER_WORKER_QUERY_QUERY_VECTOR_H_
#define ANNOD_SERVER_WORKER_QUERY_QUERY_VECTOR_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "annod/v1/index_service.pb.h"
#include "core/id_set.h"
#include "server/worker/query/item_view.h"

namespace annod {

// What a query searches with.
struct QueryVector {
  // dim components, in the request or in the buffer.
  absl::Span<const float> values;
  // The item that has this vector; -1 if the query gave the vector itself.
  int32_t item = -1;
};

// The vector of `request.queries(position)`, which is checked here, in a view
// that serves. `*buffer` and `*positions` are memory to work in. INVALID_FIELD,
// ITEM_NOT_FOUND, LABEL_NOT_FOUND, LABEL_AMBIGUOUS.
absl::StatusOr<QueryVector> FindQueryVector(const v1::GetNnsRequest& request,
                                            int position, const ItemView& items,
                                            std::vector<float>* buffer,
                                            IdSet* positions);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_QUERY_VECTOR_H_
