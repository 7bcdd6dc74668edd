#ifndef ANNOD_SERVER_WORKER_CALLS_LANE_THREADS_H_
#define ANNOD_SERVER_WORKER_CALLS_LANE_THREADS_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/worker/query/answer_memory.h"

namespace annod {

// Threads for the calls that take long, with a bounded queue before them. They
// run at a lower priority than those of the quick calls: where both want a
// core, the quick ones get nine tenths of it. Thread-safe.
class LaneThreads {
 public:
  // Runs on one of the threads, with memory of its own.
  using Work = std::function<void(AnswerMemory* memory)>;

  explicit LaneThreads(int threads);
  // After Join().
  ~LaneThreads();

  // Takes work on, unless `max_calls` are running or waiting already.
  bool TryAdd(Work work, int max_calls);

  // How long a call would wait now, by what the last ones took.
  absl::Duration QueueTime() const;

  // Finishes everything taken on and ends the threads; nothing more is added.
  void Join();

 private:
  void Loop();

  mutable absl::Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Work> queue_ ABSL_GUARDED_BY(mu_);
  int running_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration mean_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
  std::vector<std::thread> threads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_LANE_THREADS_H_
