#ifndef ANNOD_SERVER_WORKER_CALLS_ARRIVING_CALLS_H_
#define ANNOD_SERVER_WORKER_CALLS_ARRIVING_CALLS_H_

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "server/worker/calls/index_service.h"
#include "server/worker/calls/query_call.h"
#include "server/worker/calls/unsent_answers.h"

namespace annod {

// The GetNns calls of a server as they come from gRPC, through one completion
// queue that any number of threads may look at. Whoever is handed a call ends
// it through its `writer`; when it is over the object is used for another one.
// Thread-safe.
class ArrivingCalls {
 public:
  // `on_arrival` gets each call from the thread that processed its event.
  // `service` and `unsent` must outlive the object.
  ArrivingCalls(IndexServiceImpl* service, UnsentAnswers* unsent,
                std::function<void(QueryCall* call)> on_arrival);

  // Before the server is built.
  void AddQueue(grpc::ServerBuilder* builder);
  // After the server was built: from now on gRPC may read `count` calls ahead.
  void Start(int count);

  // Something that happened to a call, to be given to Process() at once.
  struct Event {
    void* tag = nullptr;
    bool ok = false;
  };
  // Waits for an event; false after End().
  bool Next(Event* event);
  // GOT_EVENT, TIMEOUT if there is none now, or SHUTDOWN. Costs a system call,
  // and reads one connection: there may be an event on another.
  grpc::CompletionQueue::NextStatus TryNext(Event* event);
  void Process(const Event& event);

  // Calls that have arrived and whose answers are not sent yet.
  int active_count() const { return active_.load(); }

  // After the server was shut down: returns when all calls are over, which
  // other threads see to; then there are no more events.
  void End();

 private:
  // Asks gRPC for one more call.
  void Await();
  void Recycle(QueryCall* call);

  IndexServiceImpl* const service_;
  UnsentAnswers* const unsent_;
  const std::function<void(QueryCall* call)> on_arrival_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;

  std::atomic<int> active_{0};
  std::atomic<int> awaited_{0};  // calls that gRPC was asked for

  absl::Mutex mu_;
  std::vector<QueryCall*> free_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<QueryCall>> calls_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_ARRIVING_CALLS_H_
