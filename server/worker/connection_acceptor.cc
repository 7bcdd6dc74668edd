#include "server/worker/connection_acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "absl/time/clock.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// Descriptors that connections leave to everything else, files of indexes and
// journals above all: a number, and a part of all.
constexpr size_t kReserve = 64;
constexpr size_t kReservePart = 16;
// Below the end, those that even a full process can do without no longer.
constexpr size_t kLast = 16;
constexpr int kCountIntervalMs = 1000;
// At a time, of one listening socket: Stop() must come to its turn.
constexpr int kMaxAccepted = 1000;
// Without descriptors, until accepting is tried again.
constexpr int kRetryMs = 20;
constexpr absl::Duration kLogInterval = absl::Seconds(10);

size_t DescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return limit.rlim_cur;
}

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

ConnectionAcceptor::ConnectionAcceptor(const LiveConfig* config,
                                       WorkerMetrics* metrics)
    : config_(config),
      metrics_(metrics),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ConnectionAcceptor::~ConnectionAcceptor() {
  Stop();
  close(wake_fd_);
}

void ConnectionAcceptor::Add(
    const std::vector<int>& sockets, bool bounded,
    const std::shared_ptr<grpc::ServerCredentials>& credentials,
    grpc::ServerBuilder* builder) {
  const std::shared_ptr<Taker> taker =
      builder->experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::
              FROM_FD,
          credentials);
  for (const int fd : sockets) listeners_.push_back({fd, bounded, taker});
}

void ConnectionAcceptor::Start() {
  spare_fd_ = OpenSpare();
  thread_ = std::thread([this] { Loop(); });
}

void ConnectionAcceptor::Stop() {
  stopped_.store(true);
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
  if (thread_.joinable()) {
    thread_.join();
    // Closing the socket would reset those that wait to be accepted.
    for (const Listener& listener : listeners_) AcceptFrom(listener);
  }
  for (const Listener& listener : listeners_) close(listener.fd);
  listeners_.clear();
  if (spare_fd_ >= 0) close(spare_fd_);
  spare_fd_ = -1;
}

void ConnectionAcceptor::Loop() {
  std::vector<pollfd> fds = {{wake_fd_, POLLIN, 0}};
  for (const Listener& listener : listeners_) {
    fds.push_back({listener.fd, POLLIN, 0});
  }
  absl::Time next_count = absl::InfinitePast();
  while (!stopped_.load()) {
    // Out of descriptors, what waits stays readable: that is not looked at.
    const size_t watched = out_of_descriptors_ ? 1 : fds.size();
    poll(fds.data(), watched,
         out_of_descriptors_ ? kRetryMs : kCountIntervalMs);
    if (stopped_.load()) return;
    out_of_descriptors_ = false;
    for (const Listener& listener : listeners_) AcceptFrom(listener);
    const absl::Time now = absl::Now();
    const absl::Duration interval = absl::Milliseconds(kCountIntervalMs);
    if (now >= next_count || next_count - now > interval) {
      next_count = now + interval;
      metrics_->connections.Set(static_cast<double>(open_.Count()));
    }
  }
}

void ConnectionAcceptor::AcceptFrom(const Listener& listener) {
  for (int accepted = 0; accepted < kMaxAccepted; ++accepted) {
    const int fd =
        accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      // The connection broke while it waited, and the like (accept(2)).
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
          errno != ENOMEM) {
        if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK) return;
        continue;
      }
      if (DropOne(listener)) continue;
      out_of_descriptors_ = true;
      return;
    }
    const size_t limit = DescriptorLimit();
    // The kernel gives the lowest number that is free.
    if (listener.bounded && static_cast<size_t>(fd) + kLast >= limit) {
      Refuse(fd, &metrics_->refused_descriptors, "descriptors");
      continue;
    }
    if (listener.bounded && !open_.HasRoom(Bound(limit))) {
      Refuse(fd, &metrics_->refused_max_connections, "max_connections");
      continue;
    }
    if (listener.bounded) open_.Add(fd);
    Taker::NewConnectionParameters connection;
    connection.listener_fd = listener.fd;
    connection.fd = fd;
    listener.taker->HandleNewConnection(&connection);
  }
}

bool ConnectionAcceptor::DropOne(const Listener& listener) {
  if (spare_fd_ >= 0) close(spare_fd_);
  const int fd =
      accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) Refuse(fd, &metrics_->refused_descriptors, "descriptors");
  spare_fd_ = OpenSpare();
  return fd >= 0;
}

void ConnectionAcceptor::Refuse(int fd, Counter* counter, const char* reason) {
  close(fd);
  counter->Add();
  const absl::Time now = absl::Now();
  if (now < next_log_ && next_log_ - now <= kLogInterval) return;
  next_log_ = now + kLogInterval;
  const size_t limit = DescriptorLimit();
  spdlog::warn(
      "connections refused reason={} max_connections={} "
      "descriptor_limit={}",
      reason, Bound(limit), limit);
}

size_t ConnectionAcceptor::Bound(size_t descriptors) const {
  const size_t reserve = kReserve + descriptors / kReservePart;
  const size_t possible = descriptors > reserve ? descriptors - reserve : 1;
  const auto wanted = static_cast<size_t>(config_->Get()->max_connections);
  return wanted == 0 ? possible : std::min(wanted, possible);
}

}  // namespace annod
