#include "server/worker/open_connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

#include "absl/time/clock.h"

namespace annod {
namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(100);

}  // namespace

void OpenConnections::Add(int fd) {
  struct stat info = {};
  if (fstat(fd, &info) == 0) sockets_.push_back({fd, info.st_ino});
}

bool OpenConnections::HasRoom(size_t bound) {
  if (sockets_.size() < bound) return true;
  const absl::Time now = absl::Now();
  // A clock that was set back must not stop the counting.
  if (now < next_look_ && now + kLookInterval >= next_look_) return false;
  next_look_ = now + kLookInterval;
  return Count() < bound;
}

size_t OpenConnections::Count() {
  const auto closed = [](const Socket& socket) {
    struct stat info = {};
    return fstat(socket.fd, &info) != 0 || !S_ISSOCK(info.st_mode) ||
           info.st_ino != socket.inode;
  };
  sockets_.erase(std::remove_if(sockets_.begin(), sockets_.end(), closed),
                 sockets_.end());
  return sockets_.size();
}

bool OpenConnections::AnyBusy(absl::Duration period) {
  Count();
  return std::any_of(
      sockets_.begin(), sockets_.end(), [period](const Socket& socket) {
        tcp_info info = {};
        socklen_t size = sizeof(info);
        if (getsockopt(socket.fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
          return false;  // closed just now
        }
        return absl::Milliseconds(info.tcpi_last_data_recv) < period ||
               info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0;
      });
}

}  // namespace annod
