#ifndef ANNOD_CLIENT_TOKEN_SOURCE_H_
#define ANNOD_CLIENT_TOKEN_SOURCE_H_

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/channel.h"

namespace annod::client {

// What puts the token of `options` into every call of a channel; empty if there
// is none. If its file cannot be read any more the last token goes on being
// sent.
std::vector<
    std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
TokenInterceptors(const ClientOptions& options);

// InvalidArgument if a token is given in two ways, has bytes that no header may
// have, or would be readable on its way; NotFound and others of a file that
// cannot be read.
absl::Status CheckTokenOptions(const ClientOptions& options);

// The token in a file, without blanks and ends of lines around it.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

// Whether a target of gRPC is certainly on this machine: a Unix socket,
// "localhost" or a loopback address.
bool IsOnThisMachine(absl::string_view target);

}  // namespace annod::client

#endif  // ANNOD_CLIENT_TOKEN_SOURCE_H_
