#ifndef ANNOD_SERVER_WORKER_CALLS_SLOW_LANES_H_
#define ANNOD_SERVER_WORKER_CALLS_SLOW_LANES_H_

#include "server/access/access_control.h"
#include "server/config/live_config.h"
#include "server/rpc/large_requests.h"
#include "server/worker/calls/call_answerer.h"
#include "server/worker/calls/lane_threads.h"
#include "server/worker/calls/query_call.h"
#include "server/worker/metrics/lane.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// Where calls that take long are answered (lane.h): each lane on threads of its
// own, with a bound of its own on the calls it takes. Thread-safe.
class SlowLanes {
 public:
  // For a worker whose quick calls have `threads` threads. All must outlive the
  // object.
  SlowLanes(int threads, CallAnswerer* answerer, const LiveConfig* config,
            const AccessControl* access, LargeRequests* large,
            WorkerMetrics* metrics);

  // Has `lane`, which is not kQuick, answer the call, or refuses it at once if
  // the lane is full. Its request need not have been read yet.
  void Take(QueryCall* call, Lane lane);

  // Answers everything taken and ends the threads; no more calls may come.
  void Join();

 private:
  void Answer(QueryCall* call, AnswerMemory* memory);

  CallAnswerer* const answerer_;
  const LiveConfig* const config_;
  const AccessControl* const access_;
  LargeRequests* const large_;
  WorkerMetrics* const metrics_;
  LaneThreads exact_;
  LaneThreads batch_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_SLOW_LANES_H_
