#ifndef ANNOD_SERVER_WORKER_FORWARDED_REQUEST_H_
#define ANNOD_SERVER_WORKER_FORWARDED_REQUEST_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"

namespace annod {

using RequestCheck =
    std::function<absl::Status(const google::protobuf::Message& request)>;

// Whether bytes of `call` on their way to the writer are a message of `type`:
// the errors of ParseRequest(), then that of `check`, which is shown it. One
// large message is looked at at a time, for it takes several times its bytes
// while it is; DeadlineExceeded or Cancelled if the call is over before that.
// Thread-safe.
absl::Status CheckRequest(const grpc::ServerContextBase& call,
                          const grpc::ByteBuffer& buffer,
                          const google::protobuf::Descriptor* type,
                          int64_t room, const RequestCheck& check);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_FORWARDED_REQUEST_H_
