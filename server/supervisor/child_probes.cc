#include "server/supervisor/child_probes.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace annod {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

ChildProbes::ChildProbes(Options options)
    : options_(std::move(options)),
      event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      watch_(static_cast<int>(options_.addresses.size()),
             absl::ToChronoNanoseconds(options_.timeout)),
      lives_(options_.addresses.size()),
      told_(options_.addresses.size()) {
  if (options_.port.has_value()) {
    port_ = std::make_unique<PortProbes>(*options_.port, options_.workers,
                                         options_.timeout, options_.relay);
  }
  thread_ = std::thread([this] { Loop(); });
}

ChildProbes::~ChildProbes() {
  stopped_.store(true);
  thread_.join();
  close(event_fd_);
}

void ChildProbes::Changed(int slot) {
  absl::MutexLock lock(&mu_);
  watch_.Forget(slot);
  if (slot < options_.workers) changed_.push_back(slot);
  stalled_.erase(std::remove(stalled_.begin(), stalled_.end(), slot),
                 stalled_.end());
  ++lives_[slot];
  told_[slot] = false;
}

std::vector<int> ChildProbes::TakeStalled() {
  uint64_t count;
  (void)!read(event_fd_, &count, sizeof(count));
  absl::MutexLock lock(&mu_);
  return std::exchange(stalled_, {});
}

void ChildProbes::Loop() {
  const Clock::duration interval = std::chrono::duration_cast<Clock::duration>(
      absl::ToChronoNanoseconds(options_.interval));
  const Clock::duration patience = std::chrono::duration_cast<Clock::duration>(
      absl::ToChronoNanoseconds(options_.timeout / 4));
  Clock::time_point next_round = Clock::now();
  while (!stopped_.load()) {
    {
      absl::MutexLock lock(&mu_);
      ForgetPorts();
    }
    void* tag;
    bool ok;
    // Short enough for the destructor not to be kept waiting.
    const auto wait = std::min<Clock::duration>(next_round - Clock::now(),
                                                std::chrono::milliseconds(50));
    const auto next = queue_.AsyncNext(
        &tag, &ok,
        std::chrono::system_clock::now() +
            std::chrono::duration_cast<std::chrono::microseconds>(wait));
    if (next == grpc::CompletionQueue::GOT_EVENT) {
      Ended(*static_cast<ProbeCall*>(tag));
      continue;
    }
    const Clock::time_point now = Clock::now();
    if (now < next_round) continue;
    if (now - next_round > std::max<Clock::duration>(2 * interval, patience)) {
      // This process was stopped or starved, and the others perhaps with it.
      absl::MutexLock lock(&mu_);
      watch_.ForgiveAll();
      if (port_ != nullptr) port_->ForgiveAll();
    }
    Judge(now);
    AskAll();
    next_round = now + interval;
  }
  for (const auto& call : calls_) call->Cancel();
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

void ChildProbes::ForgetPorts() {
  const std::vector<int> changed = std::exchange(changed_, {});
  if (port_ == nullptr) return;
  for (const int slot : changed) port_->Forget(slot);
}

void ChildProbes::AskAll() {
  const Clock::time_point now = Clock::now();
  std::vector<int64_t> lives;
  {
    absl::MutexLock lock(&mu_);
    lives = lives_;
    for (size_t slot = 0; slot < lives.size(); ++slot) {
      watch_.Asked(static_cast<int>(slot), now);
    }
  }
  for (size_t slot = 0; slot < lives.size(); ++slot) {
    calls_.insert(std::make_unique<ProbeCall>(
        static_cast<int>(slot), lives[slot], options_.addresses[slot],
        options_.timeout, &queue_));
  }
  if (port_ == nullptr) return;
  port_->AskAll(now, &queue_, [this](std::unique_ptr<ProbeCall> call) {
    calls_.insert(std::move(call));
  });
}

void ChildProbes::Judge(StallWatch::Time now) {
  absl::MutexLock lock(&mu_);
  ForgetPorts();  // what told_ is about has changed already
  const auto timeout = absl::ToChronoNanoseconds(options_.timeout);
  bool any = false;
  for (int slot = 0; slot < static_cast<int>(lives_.size()); ++slot) {
    StallWatch::Duration silent = watch_.SilentFor(slot, now);
    if (port_ != nullptr && slot < options_.workers) {
      silent = std::max(silent, port_->SilentFor(slot, now));
    }
    options_.silent_seconds[slot].Set(
        std::chrono::duration<double>(silent).count());
    if (told_[slot] || silent < timeout) continue;
    told_[slot] = true;
    stalled_.push_back(slot);
    any = true;
  }
  if (!any) return;
  const uint64_t one = 1;
  (void)!write(event_fd_, &one, sizeof(one));
}

void ChildProbes::Ended(const ProbeCall& call) {
  if (call.source_port != 0) {
    const std::optional<int> slot = port_->Ended(call);
    if (slot.has_value()) options_.port_answers[*slot].Add();
  } else {
    absl::MutexLock lock(&mu_);
    // What another life of the slot said means nothing.
    if (call.answered() && call.life == lives_[call.slot]) {
      watch_.Answered(call.slot);
      options_.answers[call.slot].Add();
    }
  }
  const auto same = [&](const std::unique_ptr<ProbeCall>& other) {
    return other.get() == &call;
  };
  calls_.erase(std::find_if(calls_.begin(), calls_.end(), same));
}

}  // namespace annod
