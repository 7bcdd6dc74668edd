#include "server/net/listen_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/net/resolve_address.h"

namespace annod {
namespace {

// What the system allows at most (net.core.somaxconn) cuts it off.
constexpr int kBacklog = 4096;

absl::Status ListenError(const std::string& where, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", where, ": ", std::strerror(error)));
}

int NewSocket(int family) {
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

bool Set(int socket, int level, int option, int value) {
  return setsockopt(socket, level, option, &value, sizeof(value)) == 0;
}

// -1 and errno on failure. Accepted connections inherit the options.
int ListenOn(const SocketAddress& address, absl::Duration user_timeout) {
  const int fd = NewSocket(address.family());
  if (fd < 0) return -1;
  const int ms = static_cast<int>(absl::ToInt64Milliseconds(user_timeout));
  if (Set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
      Set(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
      Set(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
      Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ms) &&
      bind(fd, reinterpret_cast<const sockaddr*>(&address.storage),
           address.size) == 0 &&
      listen(fd, kBacklog) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

absl::StatusOr<std::vector<int>> ListenShared(const ListenAddress& address,
                                              absl::Duration user_timeout) {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<SocketAddress> targets,
                         ResolveAddress(address));
  std::vector<int> sockets;
  int error = 0;
  for (const SocketAddress& target : targets) {
    const int fd = ListenOn(target, user_timeout);
    if (fd >= 0) {
      sockets.push_back(fd);
    } else if (error != EADDRINUSE) {
      error = errno;
    }
  }
  // A name may have an address of a family this machine does not have; one that
  // is taken is an error.
  if (!sockets.empty() && error != EADDRINUSE) return sockets;
  for (const int fd : sockets) close(fd);
  return ListenError(address.ToString(), error);
}

absl::StatusOr<int> ListenUnix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is too long for a socket: ", path.size(),
                     " bytes, at most ", sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = NewSocket(AF_UNIX);
  if (fd < 0) return ListenError(path, errno);
  unlink(path.c_str());
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
          0 ||
      listen(fd, kBacklog) != 0) {
    const int error = errno;
    close(fd);
    return ListenError(path, error);
  }
  return fd;
}

}  // namespace annod
