#ifndef ANNOD_SERVER_WORKER_CALLS_UNSENT_ANSWERS_H_
#define ANNOD_SERVER_WORKER_CALLS_UNSENT_ANSWERS_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/config/live_config.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// The bytes of all answers of a worker from before they are made until gRPC has
// taken them, which it does as their caller reads: a caller that does not read
// would have the worker keep them. Bounded by max_unsent_bytes, except that one
// answer may always be under way. Who would go beyond is refused, unless that
// many bytes can be had by ending calls of which nothing was taken for a
// second, those first that have waited longest: so callers that read are served
// while others do not.
// Thread-safe. An answer costs two short locks.
class UnsentAnswers {
 public:
  // A call with answers. A base class of what sees a call's end.
  class Holder {
   public:
    Holder() = default;
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   protected:
    virtual ~Holder() = default;
    // Cancels the call. Called at any time between Hold() and the return of
    // Drop(), with no lock held; may lead to Drop() on the same thread.
    virtual void Cancel() = 0;

   private:
    friend class UnsentAnswers;
    // By the thread that holds for the call, which gRPC orders.
    bool has_held_ = false;
    // Guarded by the lock of UnsentAnswers.
    int64_t bytes_ = 0;
    absl::Time since_;
    bool is_listed_ = false;
    std::list<Holder*>::iterator place_;
    std::list<Holder*> node_{this};  // where it is while it is not listed
  };

  // Both must outlive the object.
  UnsentAnswers(const LiveConfig* config, WorkerMetrics* metrics)
      : config_(config), metrics_(metrics) {}

  // Takes room for an answer that is about to be made, in place of what was
  // `reserved` before: OVERLOADED, with the time to try again, if there is
  // none; what was reserved is gone then. Call with no lock held: it may cancel
  // calls.
  absl::Status Reserve(int64_t bytes, int64_t reserved = 0);
  void Release(int64_t bytes);
  // From now on, what was reserved is unsent bytes of a call.
  void Assign(Holder* holder, int64_t reserved);
  // The other way round, for all of them: how many there were, none if the
  // call was ended.
  int64_t TakeBack(Holder* holder);

  // Both: the answer of a call is made.
  absl::Status Hold(Holder* holder, int64_t bytes, int64_t reserved = 0);
  // The same, room or not.
  void Count(Holder* holder, int64_t bytes);
  // So many of them were taken.
  void Taken(Holder* holder, int64_t bytes);
  // The call is over: all are. To be called before the holder, or what its
  // Cancel() needs, goes; nothing is held for it afterwards. Waits for a
  // Cancel() that runs on another thread.
  void Drop(Holder* holder);

  // Whether half the bound is met: no more should be asked for by those who
  // have answers unsent.
  bool IsHalfFull() const;

  // As of now.
  int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  bool TryReplace(int64_t reserved, int64_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AssignLocked(Holder* holder, int64_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the call that has waited longest, if it has long enough.
  bool EndOne() ABSL_LOCKS_EXCLUDED(mu_);
  void List(Holder* holder) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Unlist(Holder* holder) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t Bound() const { return config_->Get()->admission.max_unsent_bytes; }

  const LiveConfig* const config_;
  WorkerMetrics* const metrics_;
  std::atomic<int64_t> bytes_{0};  // changed with the lock held

  absl::Mutex mu_;
  std::list<Holder*> holders_ ABSL_GUARDED_BY(mu_);  // by `since_`
  // The one whose Cancel() runs, and on which thread.
  Holder* cancelled_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::thread::id canceller_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_UNSENT_ANSWERS_H_
