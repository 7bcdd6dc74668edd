#include "server/worker/query/query_helpers.h"

#include <algorithm>

#include "absl/time/time.h"
#include "server/process/thread_priority.h"

namespace annod {
namespace {

// A helper takes some microseconds to wake up.
constexpr int kMinLeft = 3;
constexpr int kHelperPriority = 5;
constexpr absl::Duration kWaitStep = absl::Milliseconds(5);

}  // namespace

QueryHelpers::QueryHelpers(int threads)
    : threads_(threads), idle_(threads - 1) {
  helpers_.reserve(threads);
  for (int i = 1; i < threads; ++i) {
    helpers_.emplace_back([this] { HelpLoop(); });
  }
}

QueryHelpers::~QueryHelpers() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
    invited_.SignalAll();
  }
  for (std::thread& helper : helpers_) helper.join();
}

bool QueryHelpers::Step(Job* job, QueryScratch* scratch) {
  const int i = job->next.fetch_add(1, std::memory_order_relaxed);
  if (i >= job->count) return false;
  if (job->work(i, scratch)) return true;
  // Others may have taken a query after this one; they finish it.
  job->next.store(job->count, std::memory_order_relaxed);
  return false;
}

// The helper counts as searching from now on, so that not all idle ones are
// invited while it wakes up.
void QueryHelpers::Invite() {
  absl::MutexLock lock(&mu_);
  if (idle_.load() == 0 || searching_.load() >= threads_) return;
  idle_.fetch_sub(1);
  searching_.fetch_add(1);
  ++invitations_;
  invited_.Signal();
}

void QueryHelpers::ForEach(int count, QueryScratch* scratch, Work work,
                           absl::FunctionRef<void()> waiting) {
  Job job(count, work);
  if (count > kMinLeft) {
    absl::MutexLock lock(&mu_);
    jobs_.push_back(&job);
  }
  const auto helper_is_of_use = [&] {
    return count - job.next.load(std::memory_order_relaxed) > kMinLeft &&
           idle_.load(std::memory_order_relaxed) > 0 &&
           searching_.load(std::memory_order_relaxed) < threads_;
  };
  do {
    while (helper_is_of_use()) Invite();
  } while (Step(&job, scratch));
  if (count <= kMinLeft) return;
  absl::MutexLock lock(&mu_);
  jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
  while (job.helpers > 0) {
    if (left_.WaitWithTimeout(&mu_, kWaitStep)) {
      mu_.Unlock();
      waiting();
      mu_.Lock();
    }
  }
}

void QueryHelpers::HelpLoop() {
  LowerThreadPriority(kHelperPriority);
  QueryScratch scratch;
  absl::MutexLock lock(&mu_);
  for (;;) {
    while (!stopped_ && invitations_ == 0) invited_.Wait(&mu_);
    if (stopped_) return;
    --invitations_;
    const auto job =
        std::find_if(jobs_.begin(), jobs_.end(), [](const Job* candidate) {
          return candidate->next.load() < candidate->count;
        });
    if (job != jobs_.end()) {
      Job* const helped = *job;
      ++helped->helpers;
      mu_.Unlock();
      while (searching_.load(std::memory_order_relaxed) <= threads_ &&
             Step(helped, &scratch)) {
      }
      mu_.Lock();
      if (--helped->helpers == 0) left_.SignalAll();
    }
    searching_.fetch_sub(1);
    idle_.fetch_add(1);
  }
}

}  // namespace annod
