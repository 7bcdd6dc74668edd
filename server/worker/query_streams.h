#ifndef ANNOD_SERVER_WORKER_QUERY_STREAMS_H_
#define ANNOD_SERVER_WORKER_QUERY_STREAMS_H_

#include <atomic>
#include <deque>
#include <set>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "server/live_config.h"
#include "server/worker/get_nns.h"
#include "server/worker/query_helpers.h"
#include "server/worker/query_stream.h"
#include "server/worker/worker_metrics.h"

namespace annod {

// All GetNnsStream calls of a worker and the threads that answer their
// requests: any thread any request, so that one stream can use them all.
// Thread-safe.
class QueryStreams final : private StreamOwner {
 public:
  // All must outlive the object; `threads` search at a time.
  QueryStreams(const GetNnsHandler* handler, const LiveConfig* config,
               QueryHelpers* helpers, WorkerMetrics* metrics, int threads);
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

  void WorkLoop();

  const GetNnsHandler* const handler_;
  const LiveConfig* const config_;
  QueryHelpers* const helpers_;
  WorkerMetrics* const metrics_;
  std::atomic<int> active_{0};

  struct Waiting {
    QueryStream* stream;
    StreamSlot* slot;
  };
  absl::Mutex mu_;
  absl::CondVar wake_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mu_);
  std::set<QueryStream*> streams_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_STREAMS_H_
