#include "server/net/connect_from.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

// The port lies at the same place in both families.
in_port_t* PortOf(SocketAddress* address) {
  return &reinterpret_cast<sockaddr_in*>(&address->storage)->sin_port;
}

absl::Status Connect(int fd, const SocketAddress& target, int source_port,
                     absl::Duration timeout) {
  const timeval limit = absl::ToTimeval(timeout);
  const linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  if (source_port != 0) {
    SocketAddress source;
    source.size = target.size;
    source.storage.ss_family = target.storage.ss_family;
    *PortOf(&source) = htons(source_port);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source.storage),
             source.size) != 0) {
      return absl::UnavailableError(absl::StrCat(
          "cannot use port ", source_port, ": ", std::strerror(errno)));
    }
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target.storage),
              target.size) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string what = absl::StrCat("connect: ", std::strerror(error));
  return error == EINPROGRESS || error == EAGAIN || error == ETIMEDOUT
             ? absl::DeadlineExceededError(what)
             : absl::UnavailableError(what);
}

}  // namespace

absl::StatusOr<SourcedConnection> ConnectFrom(const SocketAddress& target,
                                              int source_port,
                                              absl::Duration timeout) {
  const int fd = socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return absl::UnavailableError(
        absl::StrCat("socket: ", std::strerror(errno)));
  }
  const absl::Status status = Connect(fd, target, source_port, timeout);
  SocketAddress local;
  local.size = sizeof(local.storage);
  if (!status.ok() ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&local.storage),
                  &local.size) != 0 ||
      fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    const int error = errno;
    close(fd);
    return status.ok() ? absl::UnavailableError(std::strerror(error)) : status;
  }
  SourcedConnection connection;
  connection.fd = fd;
  connection.source_port = ntohs(*PortOf(&local));
  return connection;
}

SocketAddress ReachableFromHere(SocketAddress address) {
  if (address.family() == AF_INET) {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    if (v4->sin_addr.s_addr == htonl(INADDR_ANY)) {
      v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
  } else {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) {
      v6->sin6_addr = in6addr_loopback;
    }
  }
  return address;
}

}  // namespace annod
