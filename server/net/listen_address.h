#ifndef ANNOD_SERVER_NET_LISTEN_ADDRESS_H_
#define ANNOD_SERVER_NET_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// A TCP address to listen on: "127.0.0.1:7077", "[::1]:7077", "localhost:0".
struct ListenAddress {
  std::string host;  // numeric, without brackets, or a name
  int port = 0;      // 0: the system picks a free one

  // Certain to be reachable from this machine only: 127.0.0.0/8, ::1 and
  // "localhost". Other names are not resolved and count as reachable.
  bool IsLoopback() const;

  // As it was written, with brackets around an IPv6 host.
  std::string ToString() const;
};

// InvalidArgument saying what is wrong with `text`. Resolves nothing.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace annod

#endif  // ANNOD_SERVER_NET_LISTEN_ADDRESS_H_
