#ifndef ANNOD_SERVER_WORKER_CALLS_QUERY_THREADS_H_
#define ANNOD_SERVER_WORKER_CALLS_QUERY_THREADS_H_

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/server_builder.h"
#include "server/access/access_control.h"
#include "server/config/live_config.h"
#include "server/rpc/large_requests.h"
#include "server/worker/calls/admission_gate.h"
#include "server/worker/calls/arriving_calls.h"
#include "server/worker/calls/call_answerer.h"
#include "server/worker/calls/index_service.h"
#include "server/worker/calls/query_call.h"
#include "server/worker/calls/slow_lanes.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/query/answer_memory.h"
#include "server/worker/query/get_nns.h"
#include "server/worker/query/query_helpers.h"

namespace annod {

// The data plane: threads that take GetNns calls from one completion queue and
// run each quick search to its end. Whichever thread is free takes the next
// call, so none waits behind a search while another thread idles, even if all
// come over one connection.
//
// When all threads are busy, calls wait in a queue that an AdmissionGate
// bounds; what it refuses is answered at once. A thread looks for new calls
// between any two searches, so a refusal takes no longer than a quick search.
// Calls that take long go to threads of their own (lane.h).
class QueryThreads {
 public:
  // All must outlive the object.
  QueryThreads(IndexServiceImpl* service, const GetNnsHandler* handler,
               QueryHelpers* helpers, const Catalog* catalog,
               const LiveConfig* config, const AccessControl* access,
               UnsentAnswers* unsent, LargeRequests* large,
               WorkerMetrics* metrics);
  ~QueryThreads();

  // Before the server is built.
  void AddQueue(int threads, grpc::ServerBuilder* builder);
  // After the server was built.
  void Start();
  // Calls that have arrived and whose answers are not sent yet.
  int active_count() const { return arriving_.active_count(); }
  // After the server was shut down: finishes all calls and ends the threads.
  void Join();

 private:
  // What a query thread does.
  void Run();
  // Waits for an event and processes it; false at the end. Returns early if a
  // call waits.
  bool ProcessNext();
  // Processes what has come up meanwhile.
  void Drain();
  // Decides about a call that has come in.
  void Arrived(QueryCall* call);
  // The call that has waited longest; null if none waits.
  QueryCall* TakeWaiting();
  // Parses a call's request and answers it here or has a slow lane do so. The
  // thread has been busy since `busy_since`; now it is `start`.
  void Begin(QueryCall* call, absl::Time busy_since, absl::Time start,
             AnswerMemory* memory);
  AdmissionLimits Limits() const;

  const Catalog* const catalog_;
  const LiveConfig* const config_;
  const AccessControl* const access_;
  LargeRequests* const large_;
  WorkerMetrics* const metrics_;
  CallAnswerer answerer_;
  ArrivingCalls arriving_;
  // Constant after Start().
  int thread_count_ = 0;
  std::unique_ptr<AdmissionGate> gate_;
  std::unique_ptr<SlowLanes> slow_lanes_;
  std::vector<std::thread> threads_;

  std::atomic<int> waiting_{0};  // size of calls_waiting_
  std::atomic<int> running_{0};  // threads that work on a call
  std::atomic<int> idle_{0};     // threads that wait for an event

  absl::Mutex mu_;
  std::deque<QueryCall*> calls_waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_QUERY_THREADS_H_
