#ifndef ANNOD_SERVER_WORKER_QUERY_QUERY_HELPERS_H_
#define ANNOD_SERVER_WORKER_QUERY_QUERY_HELPERS_H_

#include <atomic>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "server/worker/query/query_scratch.h"

namespace annod {

// Threads that take over queries of a call that has many, as long as fewer
// threads search than the worker may use: one call alone is answered by all of
// them, and when other calls come the helpers leave after the query they are
// at. They run at a lower priority than the threads that take calls, which
// need not wait for them. Thread-safe.
class QueryHelpers {
 public:
  // `threads`: as many as may search, callers included.
  explicit QueryHelpers(int threads);
  ~QueryHelpers();

  // Counts the calling thread among those that search while it lives.
  class Searching {
   public:
    explicit Searching(QueryHelpers* helpers) : helpers_(helpers) {
      helpers_->searching_.fetch_add(1, std::memory_order_relaxed);
    }
    ~Searching() {
      helpers_->searching_.fetch_sub(1, std::memory_order_relaxed);
    }
    Searching(const Searching&) = delete;
    Searching& operator=(const Searching&) = delete;

   private:
    QueryHelpers* const helpers_;
  };

  // Calls `work(i, scratch)` once for each i in [0, count), begun in that
  // order, with `scratch` on the calling thread, which must hold a Searching,
  // and with their own on helpers. Once a call has returned false no others are
  // begun. Returns when all begun have ended; `waiting` is called every few
  // milliseconds until then.
  using Work = absl::FunctionRef<bool(int i, QueryScratch* scratch)>;
  void ForEach(int count, QueryScratch* scratch, Work work,
               absl::FunctionRef<void()> waiting);

 private:
  struct Job {
    Job(int count, Work work) : count(count), work(work) {}
    const int count;
    const Work work;
    std::atomic<int> next{0};
    int helpers = 0;  // at work on it; guarded by mu_
  };

  // One step of a job; false if none is left.
  static bool Step(Job* job, QueryScratch* scratch);
  void Invite();
  void HelpLoop();

  const int threads_;
  // Threads that search, helpers included, those invited too.
  std::atomic<int> searching_{0};
  std::atomic<int> idle_;  // helpers

  absl::Mutex mu_;
  absl::CondVar invited_;
  absl::CondVar left_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  int invitations_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<Job*> jobs_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> helpers_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_QUERY_HELPERS_H_
