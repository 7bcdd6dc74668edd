#include "server/supervisor/port_probes.h"

#include <algorithm>
#include <utility>

namespace annod {
namespace {

// On this machine a connection is made at once, or its taker has no room.
constexpr absl::Duration kConnectTime = absl::Milliseconds(50);
// To find one worker of some by chance, in a round.
constexpr int kTries = 4;
constexpr int kMaxTries = 64;
// For each worker there is: one that answers is missed by all of them once in
// ten million times.
constexpr int kEnoughTries = 16;

}  // namespace

PortProbes::PortProbes(const SocketAddress& target, int workers,
                       absl::Duration timeout, TlsRelay* relay)
    : target_(target),
      timeout_(timeout),
      relay_(relay),
      watch_(workers, absl::ToChronoNanoseconds(timeout)),
      workers_(workers) {}

void PortProbes::Forget(int slot) {
  ++life_;
  search_.reset();
  for (int other = 0; other < static_cast<int>(workers_.size()); ++other) {
    Unlearn(other);
    workers_[other].asking = false;
  }
  workers_[slot].found = false;
}

void PortProbes::ForgiveAll() {
  watch_.ForgiveAll();
  search_.reset();
}

StallWatch::Duration PortProbes::SilentFor(int slot,
                                           StallWatch::Time now) const {
  const Worker& worker = workers_[slot];
  const bool missed = search_.has_value() && search_->hung &&
                      !search_->closed && worker.found &&
                      worker.source_port == 0 && worker.sought &&
                      search_->ended - worker.ended_before >=
                          kEnoughTries * static_cast<int>(workers_.size());
  return missed ? now - worker.sought_since : watch_.SilentFor(slot, now);
}

void PortProbes::Unlearn(int slot) {
  workers_[slot].source_port = 0;
  workers_[slot].sought = false;
  watch_.Forget(slot);
}

std::unique_ptr<ProbeCall> PortProbes::CallOver(
    SourcedConnection connection, int slot,
    grpc::CompletionQueue* queue) const {
  if (relay_ != nullptr) connection.fd = relay_->Encrypt(connection.fd);
  if (connection.fd < 0) return nullptr;
  return std::make_unique<ProbeCall>(slot, life_, connection, timeout_, queue);
}

void PortProbes::AskAll(StallWatch::Time now, grpc::CompletionQueue* queue,
                        const Ask& ask) {
  int unsure = 0;
  for (int slot = 0; slot < static_cast<int>(workers_.size()); ++slot) {
    Worker& worker = workers_[slot];
    if (worker.source_port == 0 ||
        watch_.SilentFor(slot, now) > StallWatch::Duration::zero()) {
      ++unsure;
    }
    if (worker.source_port == 0 || worker.asking) continue;
    const absl::StatusOr<SourcedConnection> connection =
        ConnectFrom(target_, worker.source_port, kConnectTime);
    if (absl::IsUnavailable(connection.status())) {
      Unlearn(slot);  // somebody else has the port, or nobody listens
      continue;
    }
    watch_.Asked(slot, now);
    if (!connection.ok()) continue;  // what waits for the worker is full
    std::unique_ptr<ProbeCall> call = CallOver(*connection, slot, queue);
    if (call == nullptr) continue;
    worker.asking = true;
    ask(std::move(call));
  }
  if (unsure == 0) {
    search_.reset();
  } else if (!search_.has_value()) {
    search_ = Search{};
    for (Worker& worker : workers_) worker.sought = false;
  }
  for (Worker& worker : workers_) {
    if (!search_.has_value() || worker.source_port != 0 || worker.sought) {
      continue;
    }
    worker.sought = true;
    worker.sought_since = now;
    worker.ended_before = search_->ended;
  }
  // A silent one may have been mistaken for another: by chance it is found too.
  const int tries = workers_.size() == 1 ? std::min(unsure, 1)
                                         : std::min(unsure * kTries, kMaxTries);
  for (int i = 0; i < tries; ++i) {
    const absl::StatusOr<SourcedConnection> connection =
        ConnectFrom(target_, /*source_port=*/0, kConnectTime);
    if (!connection.ok()) {
      // Whoever it was did not even take the connection.
      if (absl::IsDeadlineExceeded(connection.status())) {
        ++search_->ended;
        search_->hung = true;
      }
      return;
    }
    std::unique_ptr<ProbeCall> call = CallOver(*connection, -1, queue);
    if (call != nullptr) ask(std::move(call));
  }
}

std::optional<int> PortProbes::Ended(const ProbeCall& call) {
  if (call.life != life_) return std::nullopt;
  const int expected = call.slot;
  if (expected >= 0) {
    workers_[expected].asking = false;
  } else if (search_.has_value()) {
    ++search_->ended;
    search_->hung = search_->hung || call.timed_out();
    search_->closed =
        search_->closed || (!call.timed_out() && !call.answered());
  }
  const std::optional<int> by = call.answered_by();
  if (!by.has_value() || *by < 0 || *by >= static_cast<int>(workers_.size())) {
    if (expected >= 0 && !call.timed_out()) watch_.Answered(expected);
    return std::nullopt;
  }
  if (expected >= 0 && expected != *by) Unlearn(expected);
  watch_.Answered(*by);
  workers_[*by].found = true;
  if (workers_[*by].source_port == 0) {
    workers_[*by].source_port = call.source_port;
  }
  return by;
}

}  // namespace annod
