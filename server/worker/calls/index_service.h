#ifndef ANNOD_SERVER_WORKER_CALLS_INDEX_SERVICE_H_
#define ANNOD_SERVER_WORKER_CALLS_INDEX_SERVICE_H_

#include "annod/v1/index_service.grpc.pb.h"
#include "server/access/access_control.h"
#include "server/config/live_config.h"
#include "server/rpc/large_requests.h"
#include "server/worker/calls/long_reads.h"
#include "server/worker/calls/query_streams.h"
#include "server/worker/calls/unsent_answers.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// GetNns through completion queues (query_threads.h), the rest, which takes
// no search on the thread that calls, by callbacks. Requests come as bytes
// (parse_request.h).
using HybridIndexService = v1::IndexService::WithRawMethod_GetNns<
    v1::IndexService::WithRawCallbackMethod_GetNnsStream<
        v1::IndexService::WithRawCallbackMethod_GetItems<
            v1::IndexService::WithRawCallbackMethod_GetDistance<
                v1::IndexService::WithRawCallbackMethod_Info<
                    v1::IndexService::WithRawCallbackMethod_ListIndexes<
                        v1::IndexService::Service>>>>>>;

// IndexService of a worker. Thread-safe.
class IndexServiceImpl final : public HybridIndexService {
 public:
  // For a worker that searches with `threads` threads. All must outlive the
  // object.
  IndexServiceImpl(const Catalog* catalog, const LiveConfig* config,
                   const AccessControl* access, QueryStreams* streams,
                   UnsentAnswers* unsent, LargeRequests* large,
                   WorkerMetrics* metrics, int threads)
      : catalog_(catalog),
        config_(config),
        access_(access),
        streams_(streams),
        unsent_(unsent),
        large_(large),
        metrics_(metrics),
        long_reads_(config, metrics, threads) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* GetNnsStream(
      grpc::CallbackServerContext* context) override {
    return streams_->Begin(context);
  }

  grpc::ServerUnaryReactor* GetItems(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetDistance(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListIndexes(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

  // Calls that wait for their answer or are being answered on another thread.
  int active_count() const { return long_reads_.active_count(); }

 private:
  // Ends a call with what `answer(caller, &index)` returns, once its caller is
  // admitted: here, or on another thread if it takes long. `answer` fills
  // `response` and names the index, if it finds it.
  template <typename AnswerFunction>
  grpc::ServerUnaryReactor* Respond(const char* method,
                                    grpc::CallbackServerContext* context,
                                    grpc::ByteBuffer* response, bool takes_long,
                                    AnswerFunction answer);
  // Answers a call about one index: `answer(message, view, &response)` fills
  // the response, a v1::<method>Response, from the request.
  template <typename Request, typename Response, typename AnswerFunction>
  grpc::ServerUnaryReactor* AnswerFrom(const char* method,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response,
                                       AnswerFunction answer);

  const Catalog* const catalog_;
  const LiveConfig* const config_;
  const AccessControl* const access_;
  QueryStreams* const streams_;
  UnsentAnswers* const unsent_;
  LargeRequests* const large_;
  WorkerMetrics* const metrics_;
  LongReads long_reads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_INDEX_SERVICE_H_
