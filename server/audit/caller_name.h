#ifndef ANNOD_SERVER_AUDIT_CALLER_NAME_H_
#define ANNOD_SERVER_AUDIT_CALLER_NAME_H_

#include <string>

#include "grpcpp/server_context.h"

namespace annod {

// Who calls, as the logs name them: "anonymous" if nobody said so in a way that
// was checked.
std::string CallerName(const grpc::ServerContextBase& context);

// Where a call comes from, as the logs have it: the address that gRPC knows, or
// of what the supervisor passes on, the address that it came from.
std::string CallerAddress(const grpc::ServerContextBase& context);

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_CALLER_NAME_H_
