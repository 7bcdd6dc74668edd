#ifndef ANNOD_SERVER_WORKER_CALLS_QUERY_STREAMS_H_
#define ANNOD_SERVER_WORKER_CALLS_QUERY_STREAMS_H_

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "server/access/access_control.h"
#include "server/config/live_config.h"
#include "server/rpc/large_requests.h"
#include "server/worker/calls/admission_gate.h"
#include "server/worker/calls/query_stream.h"
#include "server/worker/calls/slow_query_log.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/query/answer_memory.h"
#include "server/worker/query/get_nns.h"
#include "server/worker/query/query_helpers.h"

namespace annod {

// All GetNnsStream calls of a worker and the threads that answer their
// requests: any thread any request, so that one stream can use them all.
//
// Streams take turns, a request each, so that the many that one sends keep no
// other waiting. An AdmissionGate bounds how many streams have requests at a
// time, as another one bounds the single calls: a stream that comes on top is
// refused, which ends it. How long it waits is not bounded, for a request of a
// stream may have any number of queries; nor do requests count that come to a
// stream that has some, of which the window is the bound. Where there are as
// many streams as a worker takes, those whose callers ask nothing make room.
// Thread-safe.
class QueryStreams final : private StreamOwner {
 public:
  // All must outlive the object; `threads` search at a time.
  QueryStreams(const GetNnsHandler* handler, const Catalog* catalog,
               const LiveConfig* config, const AccessControl* access,
               QueryHelpers* helpers, UnsentAnswers* unsent,
               LargeRequests* large, WorkerMetrics* metrics, int threads);
  // All streams must have ended.
  ~QueryStreams() override;

  // A stream begins.
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Begin(
      grpc::CallbackServerContext* context);

  // Requests taken and not answered yet.
  int active_count() const { return active_.load(); }

  // Ends all streams, once the requests that were taken are answered, and
  // those that begin later.
  void Drain();

 private:
  void Queue(QueryStream* stream, StreamSlot* slot) override;
  void Sent() override { active_.fetch_sub(1); }
  void Ended(QueryStream* stream) override;

  // A request whose turn it is.
  struct Turn {
    QueryStream* stream;
    StreamSlot* slot;
  };

  struct Requests {
    std::deque<StreamSlot*> waiting;
    int running = 0;
    absl::Time quiet_since;  // if neither
    bool leaves = false;
  };

  // Whether there is room for another stream; ends the one that was quiet for
  // longest if need be, and if that was for long.
  bool HasRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Lets the request wait for a turn, or says why not.
  absl::Status Admit(QueryStream* stream, StreamSlot* slot);
  // Waits for a turn; none at the end.
  std::optional<Turn> NextTurn();
  void WorkLoop();
  // Answers the request of a slot; `*asked` is what it says, once that is
  // known.
  absl::Status Respond(QueryStream* stream, AnswerMemory* memory,
                       std::shared_ptr<const IndexView>* view, StreamSlot* slot,
                       const v1::GetNnsRequest** asked);
  // `may_read`: or why the request is not to be read any more.
  void Work(const Turn& turn, const absl::Status& may_read,
            AnswerMemory* memory);
  // Counts and logs a request that took long. `request`: null if not read.
  void NoteIfSlow(const Turn& turn, absl::Time start, const CallCost& cost,
                  const IndexView* view, const v1::GetNnsRequest* request);
  // A request of the stream has ended.
  void Finish(const Turn& turn, const IndexView* view);

  const GetNnsHandler* const handler_;
  const Catalog* const catalog_;
  const LiveConfig* const config_;
  const AccessControl* const access_;
  QueryHelpers* const helpers_;
  UnsentAnswers* const unsent_;
  LargeRequests* const large_;
  WorkerMetrics* const metrics_;
  SlowQueryLog slow_;
  std::atomic<int> active_{0};

  AdmissionGate gate_;

  absl::Mutex mu_;
  absl::CondVar wake_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::map<QueryStream*, Requests> streams_ ABSL_GUARDED_BY(mu_);
  size_t leaving_ ABSL_GUARDED_BY(mu_) = 0;  // ended to make room
  int busy_ ABSL_GUARDED_BY(mu_) = 0;        // streams that have requests
  // Those that have waiting ones, in the order of their turns.
  std::deque<QueryStream*> turns_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_QUERY_STREAMS_H_
