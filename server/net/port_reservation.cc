#include "server/net/port_reservation.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/net/resolve_address.h"

namespace annod {
namespace {

int SetFlag(int socket, int option, int value) {
  return setsockopt(socket, SOL_SOCKET, option, &value, sizeof(value));
}

void SetPort(int port, SocketAddress* address) {
  // The port lies at the same place in both families.
  static_assert(offsetof(sockaddr_in, sin_port) ==
                offsetof(sockaddr_in6, sin6_port));
  reinterpret_cast<sockaddr_in*>(&address->storage)->sin_port = htons(port);
}

absl::StatusOr<int> BoundPort(int socket) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(storage);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return absl::ErrnoToStatus(errno, "getsockname");
  }
  return ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

int Bind(int socket, const SocketAddress& address) {
  return bind(socket, reinterpret_cast<const sockaddr*>(&address.storage),
              address.size);
}

// Binds alone: the port must not be shared with anybody. Connections of a
// server that has just stopped do not count, hence the second attempt. Only
// then is sharing opened, for our own children.
int BindAlone(int socket, const SocketAddress& address) {
  if (Bind(socket, address) != 0) {
    if (errno != EADDRINUSE || SetFlag(socket, SO_REUSEADDR, 1) != 0 ||
        Bind(socket, address) != 0 || SetFlag(socket, SO_REUSEADDR, 0) != 0) {
      return -1;
    }
  }
  return SetFlag(socket, SO_REUSEPORT, 1);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PortReservation>> PortReservation::Create(
    const ListenAddress& address) {
  ANNOD_ASSIGN_OR_RETURN(std::vector<SocketAddress> targets,
                         ResolveAddress(address));
  auto reservation = absl::WrapUnique(new PortReservation(address));
  int first_error = 0;
  for (SocketAddress& target : targets) {
    SetPort(reservation->address_.port, &target);
    const int fd = socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || BindAlone(fd, target) != 0) {
      const int error = errno;
      if (fd >= 0) close(fd);
      if (first_error == 0) first_error = error;
      // A name may have an address of a family this machine does not have;
      // one that is taken is an error.
      if (error == EADDRINUSE) break;
      continue;
    }
    reservation->sockets_.push_back(fd);
    ANNOD_ASSIGN_OR_RETURN(reservation->address_.port, BoundPort(fd));
  }
  if (reservation->sockets_.empty() || first_error == EADDRINUSE) {
    return absl::UnavailableError(absl::StrCat("gRPC cannot listen on ",
                                               address.ToString(), ": ",
                                               std::strerror(first_error)));
  }
  return reservation;
}

PortReservation::~PortReservation() {
  for (const int fd : sockets_) close(fd);
}

}  // namespace annod
