#ifndef ANNOD_SERVER_NET_CONNECT_FROM_H_
#define ANNOD_SERVER_NET_CONNECT_FROM_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/resolve_address.h"

namespace annod {

// A connection to `target` from a port of ours: among processes that share the
// target's port the kernel chooses by both ends, so one port of ours leads to
// one of them as long as the same processes listen.
struct SourcedConnection {
  int fd = -1;  // non-blocking, close-on-exec; the caller closes it
  int source_port = 0;
};

// From `source_port`, or from any if it is 0. When it is closed nothing of it
// stays, so that the port can be used again at once. DeadlineExceeded if nobody
// takes it within `timeout`, else Unavailable.
absl::StatusOr<SourcedConnection> ConnectFrom(const SocketAddress& target,
                                              int source_port,
                                              absl::Duration timeout);

// Where to reach, from this machine, what listens on `address`: the loopback
// address for one that means all.
SocketAddress ReachableFromHere(SocketAddress address);

}  // namespace annod

#endif  // ANNOD_SERVER_NET_CONNECT_FROM_H_
