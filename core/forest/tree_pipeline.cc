#include "core/forest/tree_pipeline.h"

#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"

namespace annod {
namespace {

class Pipeline {
 public:
  Pipeline(int threads, int tree_count, const TreeStages& stages)
      : threads_(threads), tree_count_(tree_count), stages_(stages) {}

  absl::Status Run() {
    std::vector<std::thread> helpers;
    for (int worker = 1; worker < threads_; ++worker) {
      try {
        helpers.emplace_back([this, worker] { Work(worker); });
      } catch (const std::system_error&) {
        break;  // the trees are the same with fewer threads
      }
    }
    Work(0);
    for (std::thread& helper : helpers) helper.join();
    MutexLock lock(&mu_);
    return status_;
  }

 private:
  void Work(int worker) {
    while (true) {
      int tree;
      {
        MutexLock lock(&mu_);
        while (!MayProceed()) changed_.Wait(&mu_);
        if (stopped_ || next_to_grow_ >= tree_count_) return;
        tree = next_to_grow_++;
      }
      std::vector<char> nodes;
      absl::Status status = stages_.grow(worker, tree, &nodes);
      MutexLock lock(&mu_);
      if (!status.ok()) {
        Stop(std::move(status));
        return;
      }
      grown_.emplace(tree, std::move(nodes));
      if (!taking_) TakeGrown();
    }
  }

  // True when a worker has something to do or nothing will ever come: trees do
  // not run ahead of the one that is to be taken next.
  bool MayProceed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopped_ || next_to_grow_ >= tree_count_ ||
           next_to_grow_ - next_to_take_ < 2 * threads_;
  }

  // Passes on what is next in order; the lock is released meanwhile.
  void TakeGrown() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    taking_ = true;
    while (!stopped_) {
      const auto next = grown_.find(next_to_take_);
      if (next == grown_.end()) break;
      std::vector<char> nodes = std::move(next->second);
      grown_.erase(next);
      const int tree = next_to_take_;
      mu_.Unlock();
      absl::StatusOr<bool> more = stages_.take(tree, &nodes);
      mu_.Lock();
      ++next_to_take_;
      if (!more.ok()) {
        Stop(more.status());
      } else if (!*more) {
        stopped_ = true;
      }
      changed_.NotifyAll();
    }
    taking_ = false;
  }

  void Stop(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    stopped_ = true;
    changed_.NotifyAll();
    if (status_.ok()) status_ = std::move(status);
  }

  const int threads_;
  const int tree_count_;
  const TreeStages& stages_;

  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool taking_ ABSL_GUARDED_BY(mu_) = false;
  int next_to_grow_ ABSL_GUARDED_BY(mu_) = 0;
  int next_to_take_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<int, std::vector<char>> grown_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

absl::Status RunTreePipeline(int threads, int tree_count,
                             const TreeStages& stages) {
  return Pipeline(threads, tree_count, stages).Run();
}

}  // namespace annod
