#ifndef ANNOD_SERVER_WORKER_FORWARDED_REQUEST_H_
#define ANNOD_SERVER_WORKER_FORWARDED_REQUEST_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/byte_buffer.h"

namespace annod {

// Whether bytes on their way to the writer are a message of `type`: the errors
// of ParseRequest(). `*index` gets what its field `index` says, empty if it has
// none. One large message is looked at at a time, for it takes several times
// its bytes while it is. Thread-safe.
absl::Status CheckRequest(const grpc::ByteBuffer& buffer,
                          const google::protobuf::Descriptor* type,
                          int64_t room, std::string* index);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_FORWARDED_REQUEST_H_
