#include "server/worker/calls/lane_threads.h"

#include <utility>

#include "absl/time/clock.h"
#include "server/process/thread_priority.h"

namespace annod {
namespace {

constexpr int kMeanOfCalls = 8;

}  // namespace

LaneThreads::LaneThreads(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

LaneThreads::~LaneThreads() { Join(); }

bool LaneThreads::TryAdd(Work work, int max_calls) {
  absl::MutexLock lock(&mu_);
  if (stopped_ || static_cast<int>(queue_.size()) + running_ >= max_calls) {
    return false;
  }
  queue_.push_back(std::move(work));
  return true;
}

absl::Duration LaneThreads::QueueTime() const {
  absl::MutexLock lock(&mu_);
  return mean_ * (static_cast<int>(queue_.size()) + running_) /
         static_cast<int>(threads_.size());
}

void LaneThreads::Join() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void LaneThreads::Loop() {
  LowerThreadPriority(kBackgroundPriority);
  AnswerMemory memory;
  const auto wake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopped_ || !queue_.empty();
  };
  for (;;) {
    Work work;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(&wake));
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
    }
    const absl::Time start = absl::Now();
    work(&memory);
    const absl::Duration took = absl::Now() - start;
    absl::MutexLock lock(&mu_);
    --running_;
    mean_ += (took - mean_) / kMeanOfCalls;
  }
}

}  // namespace annod
