#ifndef ANNOD_SERVER_RPC_PARSE_REQUEST_H_
#define ANNOD_SERVER_RPC_PARSE_REQUEST_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "server/rpc/parse_cost.h"

namespace annod {

// Parses what a caller sent. gRPC itself would answer INTERNAL to bytes that do
// not parse, text that is not UTF-8 among them, as if the server had erred, and
// in a stream it takes them for the end. INVALID_ARGUMENT naming the message
// type and the number of bytes; also if the message would take far more memory
// than bytes (parse_cost.h). `buffer` stays as it is.
absl::Status ParseRequest(const grpc::ByteBuffer& buffer,
                          google::protobuf::Message* request,
                          int64_t room = kParseRoom);

// The same for a request that is a few words, INVALID_ARGUMENT if it is more.
absl::Status ParseSmallRequest(const grpc::ByteBuffer& buffer,
                               google::protobuf::Message* request);

// Serialises an answer.
void SerializeResponse(const google::protobuf::Message& response,
                       grpc::ByteBuffer* buffer);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_PARSE_REQUEST_H_
