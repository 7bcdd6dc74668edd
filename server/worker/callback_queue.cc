#include "server/worker/callback_queue.h"

#include <memory>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/grpc.h"
#include "grpcpp/completion_queue.h"

namespace annod {
namespace {

// A thread that polls until the object is destroyed.
class Poller {
 public:
  Poller()
      : thread_([this] {
          void* tag;
          bool ok;
          while (queue_.Next(&tag, &ok)) {
          }
        }) {}
  ~Poller() {
    queue_.Shutdown();
    thread_.join();
  }

 private:
  grpc::CompletionQueue queue_;
  std::thread thread_;
};

// Ends a queue that was shut down, as soon as it is empty.
struct QueueEnd : grpc_completion_queue_functor {
  QueueEnd() : grpc_completion_queue_functor() {
    functor_run = [](grpc_completion_queue_functor* end, int) {
      delete static_cast<QueueEnd*>(end);
    };
    inlineable = 1;
  }
  std::unique_ptr<grpc::CompletionQueue> queue;
};

// The queue exists as long as servers or channels use it.
class CallbackQueue {
 public:
  // Never destroyed: gRPC may still use it when the program ends.
  static CallbackQueue* Get() {
    static auto* const queue = new CallbackQueue;
    return queue;
  }

  grpc::CompletionQueue* Ref() {
    absl::MutexLock lock(&mu_);
    if (references_++ == 0) {
      auto* const end = new QueueEnd;
      end->queue = std::make_unique<grpc::CompletionQueue>(
          grpc_completion_queue_create_for_callback(end, nullptr));
      queue_ = end->queue.get();
      UpdatePoller();
    }
    return queue_;
  }

  void Unref() {
    absl::MutexLock lock(&mu_);
    if (--references_ > 0) return;
    std::exchange(queue_, nullptr)->Shutdown();
    UpdatePoller();
  }

  void SetPolledElsewhere(bool polled_elsewhere) {
    absl::MutexLock lock(&mu_);
    polled_elsewhere_ = polled_elsewhere;
    UpdatePoller();
  }

  bool in_use() {
    absl::MutexLock lock(&mu_);
    return references_ > 0;
  }

 private:
  void UpdatePoller() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (references_ == 0 || polled_elsewhere_) {
      poller_ = nullptr;
    } else if (poller_ == nullptr) {
      poller_ = std::make_unique<Poller>();
    }
  }

  absl::Mutex mu_;
  int references_ ABSL_GUARDED_BY(mu_) = 0;
  bool polled_elsewhere_ ABSL_GUARDED_BY(mu_) = false;
  grpc::CompletionQueue* queue_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::unique_ptr<Poller> poller_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

void SetPolledElsewhere(bool polled_elsewhere) {
  CallbackQueue::Get()->SetPolledElsewhere(polled_elsewhere);
}

bool IsCallbackQueueInUse() { return CallbackQueue::Get()->in_use(); }

}  // namespace annod

namespace grpc {

// Instead of the library's functions of these names, to which it gives way.
CompletionQueue* CompletionQueue::CallbackAlternativeCQ() {
  return annod::CallbackQueue::Get()->Ref();
}

void CompletionQueue::ReleaseCallbackAlternativeCQ(CompletionQueue*) {
  annod::CallbackQueue::Get()->Unref();
}

}  // namespace grpc
