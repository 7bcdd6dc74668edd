#ifndef ANNOD_SERVER_AUDIT_REQUEST_IDS_H_
#define ANNOD_SERVER_AUDIT_REQUEST_IDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/client_context.h"
#include "grpcpp/server_context.h"

namespace annod {

// By what a call is known to its caller, to the logs and to who traces it.

inline constexpr char kRequestIdKey[] = "x-request-id";
inline constexpr char kTraceParentKey[] = "traceparent";
inline constexpr size_t kMaxRequestIdBytes = 128;

struct RequestIds {
  std::string request_id;
  std::string trace_parent;  // as it came; empty if none did

  // Of W3C's trace context, 32 hexadecimal digits; empty if there is none.
  absl::string_view trace_id() const;
};

// Whether a caller's id is taken: 1 to 128 bytes of printable ASCII without
// spaces, quotation marks and backslashes.
bool IsRequestId(absl::string_view text);

// Whether it is a `traceparent` as W3C's Trace Context has it: lower-case
// "00-<32 hex>-<16 hex>-<2 hex>", ids that are not zero; later versions may go
// on after that. At most 128 bytes.
bool IsTraceParent(absl::string_view text);

// A new id, 13 characters, unlike any other's. Costs a few nanoseconds.
std::string NewRequestId();

// The ids of a call by what its caller sent; in the place of a request id that
// is missing or malformed a new one, and no trace in that of a malformed one.
// Sends the request id back in the trailing metadata: call it once for each
// call, before that is finished.
RequestIds TakeRequestIds(grpc::ServerContextBase* context);

// Sends them along with a call that is not begun yet.
void AddRequestIds(const RequestIds& ids, grpc::ClientContext* context);

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_REQUEST_IDS_H_
