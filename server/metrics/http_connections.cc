#include "server/metrics/http_connections.h"

#include <sys/socket.h>

namespace annod {

void HttpConnections::Add(int fd) {
  MutexLock lock(&mu_);
  connections_[fd] = {Clock::now()};
}

void HttpConnections::ExpectBody(int fd) {
  MutexLock lock(&mu_);
  const auto known = connections_.find(fd);
  if (known != connections_.end()) known->second.has_body = true;
}

void HttpConnections::GotRequest(int fd) {
  MutexLock lock(&mu_);
  const auto known = connections_.find(fd);
  if (known == connections_.end()) return;
  known->second.asked = true;
  known->second.since = Clock::now();
}

void HttpConnections::Remove(int fd) {
  MutexLock lock(&mu_);
  connections_.erase(fd);
}

void HttpConnections::Close(int fd, Connection* connection) {
  connection->closing = true;
  shutdown(fd, SHUT_RDWR);
}

void HttpConnections::CloseLate() {
  MutexLock lock(&mu_);
  const Clock::time_point now = Clock::now();
  for (auto& [fd, connection] : connections_) {
    const Clock::duration limit = connection.asked      ? limits_.answer_time
                                  : connection.has_body ? limits_.body_time
                                                        : limits_.request_time;
    if (!connection.closing && now - connection.since >= limit) {
      Close(fd, &connection);
    }
  }
}

void HttpConnections::MakeRoom() {
  MutexLock lock(&mu_);
  size_t open = 0;
  int victim_fd = -1;
  Connection* victim = nullptr;
  for (auto& [fd, connection] : connections_) {
    if (connection.closing) continue;
    ++open;
    if (victim == nullptr || connection.asked < victim->asked ||
        (connection.asked == victim->asked &&
         connection.since < victim->since)) {
      victim_fd = fd;
      victim = &connection;
    }
  }
  if (open >= limits_.count) Close(victim_fd, victim);
}

size_t HttpConnections::count() const {
  MutexLock lock(&mu_);
  return connections_.size();
}

}  // namespace annod
