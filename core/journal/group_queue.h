#ifndef ANNOD_CORE_JOURNAL_GROUP_QUEUE_H_
#define ANNOD_CORE_JOURNAL_GROUP_QUEUE_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"

namespace annod {

// What GroupQueue has to know of a call.
struct QueuedCall {
  uint64_t bytes = 0;  // that it writes, about
  bool done = false;   // the queue's
  CondVar turn;        // the queue's: done, or first
};

// Group commit: calls of many threads are done together, in the order they
// came, by the thread of the first of them, while later ones gather. The lock
// on the queue is not held meanwhile. Thread-safe. `Call` is a QueuedCall.
template <typename Call>
class GroupQueue {
 public:
  // A group is closed at `max_group_bytes`, but has one call at least.
  explicit GroupQueue(uint64_t max_group_bytes)
      : max_group_bytes_(max_group_bytes) {}

  // Returns when `call` has been in a group that was given to `work`, in this
  // thread or another. One group is worked on at a time.
  template <typename Work>
  void Run(Call* call, const Work& work) {
    const std::vector<Call*> group = AwaitTurn(call);
    if (group.empty()) return;
    work(group);
    MutexLock lock(&mu_);
    for (Call* const done : group) {
      queue_.pop_front();
      done->done = true;
      done->turn.NotifyAll();
    }
    if (!queue_.empty()) queue_.front()->turn.NotifyAll();
  }

 private:
  // The group to work on; empty if another thread has done it.
  std::vector<Call*> AwaitTurn(Call* call) {
    std::vector<Call*> group;
    MutexLock lock(&mu_);
    queue_.push_back(call);
    while (!call->done && queue_.front() != call) call->turn.Wait(&mu_);
    if (call->done) return group;
    uint64_t bytes = 0;
    for (Call* const waiting : queue_) {
      if (!group.empty() && bytes + waiting->bytes > max_group_bytes_) break;
      bytes += waiting->bytes;
      group.push_back(waiting);
    }
    return group;
  }

  const uint64_t max_group_bytes_;
  Mutex mu_;
  std::deque<Call*> queue_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_GROUP_QUEUE_H_
