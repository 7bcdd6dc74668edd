#include "server/net/resolve_address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod {

absl::StatusOr<std::vector<SocketAddress>> ResolveAddress(
    const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = absl::StrCat(address.port);
  // Loopback by definition (RFC 6761), also where no hosts file says so.
  const std::string host =
      address.host == "localhost" ? "127.0.0.1" : address.host;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot resolve ", address.ToString(), ": ", gai_strerror(error)));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    if (it->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress next;
    std::memcpy(&next.storage, it->ai_addr, it->ai_addrlen);
    next.size = it->ai_addrlen;
    addresses.push_back(next);
  }
  freeaddrinfo(found);
  if (addresses.empty()) {
    return absl::UnavailableError(
        absl::StrCat("cannot resolve ", address.ToString(), ": no address"));
  }
  return addresses;
}

absl::StatusOr<ListenAddress> ResolveIpv4(const ListenAddress& address) {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses,
                         ResolveAddress(address));
  for (const SocketAddress& candidate : addresses) {
    if (candidate.family() != AF_INET) continue;
    sockaddr_in v4;
    std::memcpy(&v4, &candidate.storage, sizeof(v4));
    char text[INET_ADDRSTRLEN];
    if (inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text)) == nullptr) break;
    ListenAddress numeric;
    numeric.host = text;
    numeric.port = address.port;
    return numeric;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("HTTP cannot listen on ", address.ToString(),
                   ": only IPv4 is supported there"));
}

}  // namespace annod
