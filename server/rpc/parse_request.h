#ifndef ANNOD_SERVER_RPC_PARSE_REQUEST_H_
#define ANNOD_SERVER_RPC_PARSE_REQUEST_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace annod {

// Parses what a caller sent. gRPC itself would answer INTERNAL to bytes that do
// not parse, text that is not UTF-8 among them, as if the server had erred, and
// in a stream it takes them for the end. INVALID_ARGUMENT naming the message
// type and the number of bytes. `buffer` stays as it is.
absl::Status ParseRequest(const grpc::ByteBuffer& buffer,
                          google::protobuf::Message* request);

// Serialises an answer.
void SerializeResponse(const google::protobuf::Message& response,
                       grpc::ByteBuffer* buffer);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_PARSE_REQUEST_H_
