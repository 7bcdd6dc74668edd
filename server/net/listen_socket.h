#ifndef ANNOD_SERVER_NET_LISTEN_SOCKET_H_
#define ANNOD_SERVER_NET_LISTEN_SOCKET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/listen_address.h"

namespace annod {

// Sockets that listen, non-blocking and close-on-exec; the caller closes them.

// One for each address that `address` stands for, shared with other processes
// of this user (SO_REUSEPORT): the kernel spreads connections over all that
// listen. An accepted connection whose bytes the peer does not acknowledge for
// `user_timeout` breaks. Unavailable, naming the address and the reason.
absl::StatusOr<std::vector<int>> ListenShared(const ListenAddress& address,
                                              absl::Duration user_timeout);

// Takes the place of a socket file that lies there. Unavailable, naming the
// path; InvalidArgument if that is too long (107 bytes).
absl::StatusOr<int> ListenUnix(const std::string& path);

}  // namespace annod

#endif  // ANNOD_SERVER_NET_LISTEN_SOCKET_H_
