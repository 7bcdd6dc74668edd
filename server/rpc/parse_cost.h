#ifndef ANNOD_SERVER_RPC_PARSE_COST_H_
#define ANNOD_SERVER_RPC_PARSE_COST_H_

#include <cstdint>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/byte_buffer.h"
#include "server/config/config.h"

namespace annod {

// What a parsed message may take whatever its size, in bytes; enough for all
// that Limits let a request hold unless they were raised (ParseRoom).
inline constexpr int64_t kParseRoom = 32 << 20;

// The same with these limits.
int64_t ParseRoom(const Limits& limits);

// An element of a message takes a hundred bytes and more once it is parsed and
// may take two on the wire, so that a request within max_message_bytes could
// take gigabytes. Counts, on the wire, what `buffer` would take as a message of
// `type`: INVALID_ARGUMENT if that is more than `room` and twice its bytes.
// OK for bytes that do not parse, which is the parser's to tell, and at once
// for messages that are small enough whatever they hold. Costs some nanoseconds
// an element; no memory.
absl::Status CheckParseCost(const grpc::ByteBuffer& buffer,
                            const google::protobuf::Descriptor& type,
                            int64_t room);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_PARSE_COST_H_
