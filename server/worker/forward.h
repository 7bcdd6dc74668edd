#ifndef ANNOD_SERVER_WORKER_FORWARD_H_
#define ANNOD_SERVER_WORKER_FORWARD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "server/worker/calls/unsent_answers.h"
#include "server/worker/forwarded_call.h"
#include "server/worker/item_streams.h"

namespace annod {

// Each begins a ForwardedCall of its kind to `method`, as in
// "/annod.v1.AdminService/Build", and returns the caller's side of it for gRPC,
// which frees itself. What gRPC hands out with a call, `context`, `request` and
// `response`, is used until then. Answers count among `unsent` while their
// callers do not take them; what was `reserved` there is released at the end.

grpc::ServerUnaryReactor* ForwardUnary(grpc::CallbackServerContext* context,
                                       std::shared_ptr<grpc::Channel> target,
                                       std::string method,
                                       ForwardedCall::Hooks hooks,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response,
                                       UnsentAnswers* unsent, int64_t reserved);

// Each message must parse as one of `request_type`, within `parse_room`
// (CheckRequest); else the call ends with its error. It ends as `stream`
// says when that is idle; what an AddItems has sent is stored then.
grpc::ServerReadReactor<grpc::ByteBuffer>* ForwardClientStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    const google::protobuf::Descriptor* request_type, int64_t parse_room,
    std::shared_ptr<ItemStreams::Stream> stream, grpc::ByteBuffer* response);

// Waits from its beginning, as `stream` sees it; null: never.
grpc::ServerWriteReactor<grpc::ByteBuffer>* ForwardServerStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    std::shared_ptr<ItemStreams::Stream> stream,
    const grpc::ByteBuffer* request, UnsentAnswers* unsent, int64_t reserved);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_FORWARD_H_
