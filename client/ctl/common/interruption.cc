#include "client/ctl/common/interruption.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace annod::ctl {
namespace {

struct Speaker {
  std::function<std::string()> say;
  Interruption::Then then;
};

// Of the process, like the signals. Never destroyed: the thread that waits for
// signals outlives main().
struct State {
  absl::Mutex mutex;
  std::vector<Speaker> speakers ABSL_GUARDED_BY(mutex);
  std::set<std::string> files ABSL_GUARDED_BY(mutex);
  std::atomic<int> status{0};
};

State& TheState() {
  static State* const state = new State;
  return *state;
}

void Await(sigset_t signals) {
  State& state = TheState();
  while (true) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    absl::MutexLock lock(&state.mutex);
    const bool first = state.status.exchange(128 + number) == 0;
    bool end = true;
    if (first && !state.speakers.empty()) {
      const Speaker& speaker = state.speakers.back();
      const std::string text = speaker.say();
      // The terminal shows ^C, perhaps within the line of a bar.
      std::fprintf(stderr, "\nannodctl: interrupted: %s\n", text.c_str());
      std::fflush(stderr);
      end = speaker.then == Interruption::Then::kEnd;
    }
    if (!end) continue;
    for (const std::string& file : state.files) unlink(file.c_str());
    _exit(128 + number);
  }
}

}  // namespace

void HandleInterruptions() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction action;
    if (sigaction(number, nullptr, &action) == 0 &&
        action.sa_handler != SIG_IGN) {
      sigaddset(&signals, number);
    }
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(Await, signals).detach();
}

Interruption::Interruption(std::function<std::string()> say, Then then) {
  State& state = TheState();
  absl::MutexLock lock(&state.mutex);
  state.speakers.push_back({std::move(say), then});
}

Interruption::~Interruption() {
  State& state = TheState();
  absl::MutexLock lock(&state.mutex);
  state.speakers.pop_back();
}

int InterruptedStatus() { return TheState().status; }

void RemoveWhenInterrupted(const std::string& path) {
  State& state = TheState();
  absl::MutexLock lock(&state.mutex);
  state.files.insert(path);
}

void KeepWhenInterrupted(const std::string& path) {
  State& state = TheState();
  absl::MutexLock lock(&state.mutex);
  state.files.erase(path);
}

}  // namespace annod::ctl
