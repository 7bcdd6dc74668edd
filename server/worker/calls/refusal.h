#ifndef ANNOD_SERVER_WORKER_CALLS_REFUSAL_H_
#define ANNOD_SERVER_WORKER_CALLS_REFUSAL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace annod {

// UNAVAILABLE, reason DRAINING: the server is shutting down; `advice` says what
// the caller may do.
absl::Status DrainingError(absl::string_view advice);

// How a call is refused because there is too much to do: RESOURCE_EXHAUSTED,
// reason OVERLOADED, with the time after which to try again, in the two forms
// that clients understand: google.rpc.RetryInfo among the details, and the
// trailing metadata grpc-retry-pushback-ms (gRPC proposal A6), which gRPC's own
// retries obey instead of their back-off.

// `why` says which bound was met. `queue_time` is how long such a call would
// wait now; callers shall stay away a little longer, each for a time of its
// own, so that they do not come back together: [1, 2) times the queue time, at
// least 10 ms, at most 5 s.
absl::Status OverloadedError(absl::string_view why, absl::Duration queue_time);

// The time of the RetryInfo that `status` carries; zero if it has none.
absl::Duration RetryDelayOf(const absl::Status& status);

// Tells gRPC's own retries, by that trailing metadata of a call that `status`
// is about to end, when to try again: the time of the RetryInfo; never, for
// what is RESOURCE_EXHAUSTED for another reason than OVERLOADED: a bound that
// the next attempt would meet, too. Nothing, if neither holds. To be called
// once for a call.
void AddPushback(const absl::Status& status, grpc::ServerContextBase* context);
// The same for a status as ToGrpcStatus() makes it, here or in the writer.
void AddPushback(const grpc::Status& status, grpc::ServerContextBase* context);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_REFUSAL_H_
