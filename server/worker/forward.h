#ifndef ANNOD_SERVER_WORKER_FORWARD_H_
#define ANNOD_SERVER_WORKER_FORWARD_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/worker/forwarded_call.h"
#include "server/worker/item_streams.h"

namespace annod {

// Each begins a ForwardedCall of its kind to `method`, as in
// "/annod.v1.AdminService/Build", and returns the caller's side of it for gRPC,
// which frees itself. What gRPC hands out with a call, `context`, `request` and
// `response`, is used until then.

grpc::ServerUnaryReactor* ForwardUnary(grpc::CallbackServerContext* context,
                                       std::shared_ptr<grpc::Channel> target,
                                       std::string method,
                                       ForwardedCall::Hooks hooks,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response);

// Each message must parse as one of the type of `request`, which is overwritten
// by each; else the call ends with INVALID_ARGUMENT. It ends as
// `stream` says when that is idle; what an AddItems has sent is stored then.
grpc::ServerReadReactor<grpc::ByteBuffer>* ForwardClientStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    std::unique_ptr<google::protobuf::Message> request,
    std::shared_ptr<ItemStreams::Stream> stream, grpc::ByteBuffer* response);

// Waits from its beginning, as `stream` sees it; null: never.
grpc::ServerWriteReactor<grpc::ByteBuffer>* ForwardServerStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    std::shared_ptr<ItemStreams::Stream> stream,
    const grpc::ByteBuffer* request);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_FORWARD_H_
