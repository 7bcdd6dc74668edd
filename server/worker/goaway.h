#ifndef ANNOD_SERVER_WORKER_GOAWAY_H_
#define ANNOD_SERVER_WORKER_GOAWAY_H_

#include "grpcpp/grpcpp.h"

namespace annod {

// Tells the client of every connection to make its next calls elsewhere
// (HTTP/2's GOAWAY, the graceful one of two steps), while the server goes on
// answering: also the calls that a client sends before it has read that. A
// connection closes by itself when its client has understood and its last call
// has ended. Connections made later are not told; being told again does
// nothing.
//
// gRPC's own grpc::Server::Shutdown() tells them too, but from then on resets
// every call that comes in, which its caller sees as CANCELLED: one for each
// busy connection.
//
// False if this gRPC has no such function: it is none that its headers promise.
bool SendGoaways(grpc::Server* server);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_GOAWAY_H_
