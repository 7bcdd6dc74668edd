#include "server/process/line_queue.h"

#include <signal.h>

#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace annod {
namespace {

constexpr absl::Duration kLastFlush = absl::Seconds(1);

}  // namespace

struct LineQueue::State {
  explicit State(Options given) : options(std::move(given)) {}

  // Counts lines as lost.
  void Lose(int64_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    untold += count;
    if (counter.cell == nullptr) {
      uncounted += count;
    } else {
      counter.Add(static_cast<double>(count));
    }
  }

  const Options options;
  absl::Mutex mu;
  std::deque<std::string> lines ABSL_GUARDED_BY(mu);
  size_t bytes ABSL_GUARDED_BY(mu) = 0;  // of `lines`
  bool writing ABSL_GUARDED_BY(mu) = false;
  bool stopped ABSL_GUARDED_BY(mu) = false;
  int64_t untold ABSL_GUARDED_BY(mu) = 0;     // lost, no line says so yet
  int64_t uncounted ABSL_GUARDED_BY(mu) = 0;  // lost before the counter
  Counter counter ABSL_GUARDED_BY(mu);
};

LineQueue::LineQueue(Options options)
    : state_(std::make_shared<State>(std::move(options))) {
  // Threads inherit the mask. Signals are for those that await them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([state = state_] { Loop(state.get()); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineQueue::~LineQueue() {
  Flush(kLastFlush);
  absl::MutexLock lock(&state_->mu);
  state_->stopped = true;
  state_->counter = {};
}

void LineQueue::Add(std::string line) {
  absl::MutexLock lock(&state_->mu);
  if (state_->bytes + line.size() > state_->options.max_bytes) {
    return state_->Lose(1);
  }
  state_->bytes += line.size();
  state_->lines.push_back(std::move(line));
}

bool LineQueue::Flush(absl::Duration timeout) {
  State* const state = state_.get();
  const auto is_empty = [state]() ABSL_SHARED_LOCKS_REQUIRED(state->mu) {
    return state->lines.empty() && !state->writing;
  };
  absl::MutexLock lock(&state->mu);
  return state->mu.AwaitWithTimeout(absl::Condition(&is_empty), timeout);
}

void LineQueue::SetLostCounter(const Counter& counter) {
  absl::MutexLock lock(&state_->mu);
  state_->counter = counter;
  if (counter.cell == nullptr) return;
  counter.Add(static_cast<double>(std::exchange(state_->uncounted, 0)));
}

void LineQueue::Loop(State* state) {
  const auto wake = [state]() ABSL_SHARED_LOCKS_REQUIRED(state->mu) {
    return state->stopped || !state->lines.empty();
  };
  for (;;) {
    std::string line;
    int64_t lost;
    {
      absl::MutexLock lock(&state->mu);
      state->mu.Await(absl::Condition(&wake));
      if (state->lines.empty()) return;
      line = std::move(state->lines.front());
      state->lines.pop_front();
      state->bytes -= line.size();
      state->writing = true;
      lost = std::exchange(state->untold, 0);
    }
    const bool told =
        lost == 0 || state->options.write(state->options.lost_line(lost));
    const bool written = state->options.write(line);
    absl::MutexLock lock(&state->mu);
    state->writing = false;
    if (!told) state->untold += lost;
    if (!written) state->Lose(1);
  }
}

}  // namespace annod
