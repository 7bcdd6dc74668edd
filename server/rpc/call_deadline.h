#ifndef ANNOD_SERVER_RPC_CALL_DEADLINE_H_
#define ANNOD_SERVER_RPC_CALL_DEADLINE_H_

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace annod {

// Until when the caller waits; InfiniteFuture() if he gave no deadline.
absl::Time CallDeadline(const grpc::ServerContextBase& context);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_CALL_DEADLINE_H_
