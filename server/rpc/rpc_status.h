#ifndef ANNOD_SERVER_RPC_RPC_STATUS_H_
#define ANNOD_SERVER_RPC_RPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace annod {

// The one conversion of a status to what goes over the wire: the same code and
// message, the payloads as details of a google.rpc.Status
// (grpc-status-details-bin). Errors of core that carry no reason yet get the
// one that belongs to their code.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Canonical name of a code, e.g. "NOT_FOUND": the value of metric labels.
const char* GrpcCodeName(grpc::StatusCode code);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_RPC_STATUS_H_
