#ifndef ANNOD_CLIENT_ERROR_H_
#define ANNOD_CLIENT_ERROR_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc

namespace annod {

// The status of a call with the server's ErrorInfo attached, so that the
// functions below find it.
absl::Status FromGrpcStatus(const grpc::Status& status);
// The same with the id that the server knew the call by; `context` is that of
// the call, which has ended.
absl::Status FromGrpcStatus(const grpc::Status& status,
                            const grpc::ClientContext& context);

// The server's reason for an error, e.g. "INDEX_NOT_FOUND" (listed in the
// comments of the services); empty if it gave none, as when no server answered.
// Messages may change, a reason never does: branch on this.
std::string ErrorReason(const absl::Status& status);

// The id by which the server's logs name the call; empty if no server answered.
std::string ErrorRequestId(const absl::Status& status);

// The values behind the message, e.g. {"field": "n", "value": "-3"}.
std::map<std::string, std::string> ErrorMetadata(const absl::Status& status);

// How long the server wants not to be asked again; zero if it does not say.
absl::Duration ErrorRetryDelay(const absl::Status& status);

}  // namespace annod

#endif  // ANNOD_CLIENT_ERROR_H_
