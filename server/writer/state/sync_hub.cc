#include "server/writer/state/sync_hub.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/process/steady_time.h"

namespace annod {
namespace {

// Adding items changes the counts with every call; workers need to know soon,
// not each time.
constexpr absl::Duration kStagedPushInterval = absl::Milliseconds(100);
constexpr absl::Duration kCancelPollInterval = absl::Milliseconds(50);

}  // namespace

using internal::v1::SyncRequest;
using internal::v1::SyncResponse;

SyncHub::SyncHub(StagedStates staged_states, absl::Duration silence)
    : staged_states_(std::move(staged_states)),
      silence_(absl::ToChronoNanoseconds(silence)) {}

int64_t SyncHub::Announce(const std::string& index) {
  absl::MutexLock lock(&mu_);
  ++generation_;
  for (Peer& peer : peers_) {
    peer.changed.insert(index);
    peer.staged.insert(index);
  }
  return generation_;
}

void SyncHub::StagedChanged(const std::string& index) {
  absl::MutexLock lock(&mu_);
  for (Peer& peer : peers_) peer.staged.insert(index);
}

bool SyncHub::AllApplied(int64_t generation) const {
  return std::all_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    return peer.closed || peer.applied >= generation;
  });
}

bool SyncHub::AllThatSpeakApplied(int64_t generation) const {
  const auto now = std::chrono::steady_clock::now();
  return std::all_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    return peer.closed || peer.applied >= generation ||
           now - peer.heard > silence_;
  });
}

// Waits of absl::Mutex end by the wall clock, an hour late if it is set back
// meanwhile. So the time is part of the conditions here: each beat of a worker
// has them looked at.
bool SyncHub::AwaitApplied(int64_t generation, absl::Duration timeout,
                           const std::function<bool()>& cancelled) {
  const absl::Time deadline = SteadyNow() + timeout;
  absl::MutexLock lock(&mu_);
  const auto settled = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopped_ || held_ || AllThatSpeakApplied(generation);
  };
  while (!settled()) {
    const absl::Time now = SteadyNow();
    if (now >= deadline || (cancelled && cancelled())) return false;
    const absl::Time look = std::min(deadline, now + kCancelPollInterval);
    const auto over = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return SteadyNow() >= look || settled();
    };
    mu_.AwaitWithTimeout(absl::Condition(&over), look - now);
  }
  return held_ || AllApplied(generation);
}

void SyncHub::Hold() {
  absl::MutexLock lock(&mu_);
  held_ = true;
}

void SyncHub::Release() {
  absl::MutexLock lock(&mu_);
  held_ = false;
}

void SyncHub::Stop() {
  absl::MutexLock lock(&mu_);
  stopped_ = true;
}

bool SyncHub::NextMessage(Peer* peer, SyncResponse* message,
                          std::set<std::string>* staged, bool* all) {
  absl::MutexLock lock(&mu_);
  const auto urgent = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopped_ || peer->closed ||
           (!held_ && (!peer->greeted || !peer->changed.empty()));
  };
  const auto anything = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return urgent() || (!held_ && !peer->staged.empty());
  };
  mu_.Await(absl::Condition(&anything));
  if (!urgent()) {
    const absl::Time push = peer->next_staged_push;
    const auto is_due = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return SteadyNow() >= push || urgent();
    };
    mu_.AwaitWithTimeout(absl::Condition(&is_due), push - SteadyNow());
  }
  if (stopped_ || peer->closed) return false;
  *all = !peer->greeted;
  peer->greeted = true;
  message->Clear();
  message->set_generation(generation_);
  if (!*all) {
    for (const std::string& name : peer->changed) {
      message->add_changed_indexes(name);
    }
  }
  peer->changed.clear();
  *staged = std::exchange(peer->staged, {});
  peer->next_staged_push = SteadyNow() + kStagedPushInterval;
  return true;
}

grpc::Status SyncHub::Sync(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<SyncResponse, SyncRequest>* stream) {
  Peer* peer;
  std::list<Peer>::iterator position;
  {
    absl::MutexLock lock(&mu_);
    position = peers_.emplace(peers_.end());
    peer = &*position;
    peer->heard = std::chrono::steady_clock::now();
  }
  // A synchronous stream is read and written by two threads.
  std::thread reader([&] {
    SyncRequest request;
    while (stream->Read(&request)) {
      absl::MutexLock lock(&mu_);
      peer->applied = std::max(peer->applied, request.applied_generation());
      peer->heard = std::chrono::steady_clock::now();
    }
    absl::MutexLock lock(&mu_);
    peer->closed = true;
  });
  SyncResponse message;
  std::set<std::string> staged;
  bool all = false;
  while (NextMessage(peer, &message, &staged, &all)) {
    for (auto& state : staged_states_(all ? nullptr : &staged)) {
      *message.add_staged() = std::move(state);
    }
    if (!stream->Write(message)) break;
  }
  context->TryCancel();
  reader.join();
  absl::MutexLock lock(&mu_);
  peers_.erase(position);
  return grpc::Status::CANCELLED;
}

}  // namespace annod
