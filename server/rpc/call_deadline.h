#ifndef ANNOD_SERVER_RPC_CALL_DEADLINE_H_
#define ANNOD_SERVER_RPC_CALL_DEADLINE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace annod {

// Until when the caller waits; InfiniteFuture() if he gave no deadline.
absl::Time CallDeadline(const grpc::ServerContextBase& context);

// Why a call that nobody waits for any more ended: DEADLINE_EXCEEDED if its
// deadline has passed, for gRPC calls it cancelled then, too; else CANCELLED.
// `what` says what became of its work.
absl::Status CallOver(absl::Time deadline, absl::string_view what);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_CALL_DEADLINE_H_
