#ifndef ANNOD_CLIENT_CONVERT_H_
#define ANNOD_CLIENT_CONVERT_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "client/types.h"

namespace annod::client {

// Between the structs of types.h and the messages on the wire.

IndexInfo FromProto(const v1::IndexInfo& message);
BuildProgress FromProto(const v1::BuildProgress& message);
BuildResult FromProto(const v1::BuildResult& message);
// Internal unless there is a result for each of the queries.
absl::StatusOr<QueryResult> FromProto(const v1::GetNnsResponse& message,
                                      size_t query_count);
StoredItems FromProto(const v1::GetItemsResponse& message);

v1::CreateIndexRequest ToProto(const IndexSpec& spec);
v1::UpdateSettingsRequest ToProto(absl::string_view index,
                                  const SettingsChange& change);
void ToProto(absl::string_view index, absl::Span<const Query> queries,
             const QueryOptions& options, v1::GetNnsRequest* request);

// Fills `message` with an item; the vector travels as bytes.
void SetItem(std::optional<int32_t> id, absl::Span<const float> vector,
             absl::string_view label, v1::Item* message);

}  // namespace annod::client

#endif  // ANNOD_CLIENT_CONVERT_H_
