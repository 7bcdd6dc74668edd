#ifndef ANNOD_SERVER_NET_RESOLVE_ADDRESS_H_
#define ANNOD_SERVER_NET_RESOLVE_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "absl/status/statusor.h"
#include "server/net/listen_address.h"

namespace annod {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
};

// All addresses that the host stands for; at least one. Unavailable, naming the
// address, if its name does not resolve. May ask the name service.
absl::StatusOr<std::vector<SocketAddress>> ResolveAddress(
    const ListenAddress& address);

// The first IPv4 address among them, in numbers. InvalidArgument if there is
// none.
absl::StatusOr<ListenAddress> ResolveIpv4(const ListenAddress& address);

}  // namespace annod

#endif  // ANNOD_SERVER_NET_RESOLVE_ADDRESS_H_
