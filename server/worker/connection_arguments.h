#ifndef ANNOD_SERVER_WORKER_CONNECTION_ARGUMENTS_H_
#define ANNOD_SERVER_WORKER_CONNECTION_ARGUMENTS_H_

#include "grpcpp/server_builder.h"
#include "server/config/config.h"

namespace annod {

// Sets how long connections live, how their peers are watched and how much one
// of them may ask at a time, as configured. gRPC itself adds the jitter, 10 %
// either way, to max_connection_age.
void SetConnectionArguments(const Config& config, grpc::ServerBuilder* builder);

// Requests that were compressed end with UNIMPLEMENTED. gRPC 1.51 would inflate
// a whole message before it looks at its size: two megabytes become two
// gigabytes.
void RefuseCompressed(grpc::ServerBuilder* builder);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CONNECTION_ARGUMENTS_H_
