#ifndef ANNOD_SERVER_AUDIT_LOG_REQUESTS_H_
#define ANNOD_SERVER_AUDIT_LOG_REQUESTS_H_

#include "grpcpp/server_builder.h"

namespace annod {

// What the threads of a synchronous server log while they work on a call gets
// the id of the request that came with it (log_context.h). Ids are believed:
// for a server that hears from annod's own processes. Before the server is
// built.
void LogRequestsOf(grpc::ServerBuilder* builder);

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_LOG_REQUESTS_H_
