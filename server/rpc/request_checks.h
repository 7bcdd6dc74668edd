#ifndef ANNOD_SERVER_RPC_REQUEST_CHECKS_H_
#define ANNOD_SERVER_RPC_REQUEST_CHECKS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "core/metric.h"
#include "core/storage/index_settings.h"
#include "server/config/config.h"

namespace annod {

// Whether requests can be served at all. Each function returns OK or the
// INVALID_ARGUMENT of the first wrong field (FieldError in errors.h), naming
// the field, its value and the limit. They look at every field of a request,
// allocate nothing on success and cost at most one pass over the vectors.

absl::Status CheckIndexName(absl::string_view name);

// The fields that mean the same for every index.
absl::Status CheckGetNns(const v1::GetNnsRequest& request,
                         const Limits& limits);
// `queries[position]` against the index it asks.
absl::Status CheckQuery(const v1::Query& query, int position,
                        const IndexSettings& index);

// Number of items of one message: [min_count, limits.max_items_per_call].
absl::Status CheckItemCount(int64_t count, int min_count, const Limits& limits);
absl::Status CheckRemoveItems(const v1::RemoveItemsRequest& request,
                              const Limits& limits);
// `items[position]` against the index it is for.
absl::Status CheckItem(const v1::Item& item, int position,
                       const IndexSettings& index);

// Parts of requests. `prefix` is what comes before the field in messages, such
// as "items[0].".
absl::Status CheckVector(const std::string& prefix,
                         const v1::FloatVector& vector,
                         const IndexSettings& index);
absl::Status CheckVectorBytes(const std::string& prefix,
                              const std::string& bytes,
                              const IndexSettings& index);
// A vector of the right dimension: core/annoy/vector_check.h. Where the fault
// is a component's, `field_of_component` names it.
absl::Status CheckTaken(
    const std::string& field, absl::Span<const float> vector, Metric metric,
    const std::function<std::string(int64_t place)>& field_of_component);
absl::Status CheckItemLabel(const std::string& prefix,
                            const std::string& label);

absl::Status CheckSerialize(const v1::SerializeRequest& request);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_REQUEST_CHECKS_H_
