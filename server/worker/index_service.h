#ifndef ANNOD_SERVER_WORKER_INDEX_SERVICE_H_
#define ANNOD_SERVER_WORKER_INDEX_SERVICE_H_

#include <string>

#include "absl/status/status.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "server/worker/catalog.h"
#include "server/worker/worker_metrics.h"

namespace annod {

// GetNns through completion queues (query_threads.h), the rest, which only
// reads the catalog, by callbacks. Requests come as bytes (parse_request.h).
using HybridIndexService = v1::IndexService::WithRawMethod_GetNns<
    v1::IndexService::WithRawCallbackMethod_Info<
        v1::IndexService::WithCallbackMethod_ListIndexes<
            v1::IndexService::Service>>>;

// IndexService of a worker. Thread-safe.
class IndexServiceImpl final : public HybridIndexService {
 public:
  // Both must outlive the object.
  IndexServiceImpl(const Catalog* catalog, WorkerMetrics* metrics)
      : catalog_(catalog), metrics_(metrics) {}

  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListIndexes(
      grpc::CallbackServerContext* context,
      const v1::ListIndexesRequest* request,
      v1::ListIndexesResponse* response) override;

 private:
  absl::Status Describe(const grpc::ByteBuffer& request, std::string* index,
                        grpc::ByteBuffer* response) const;

  const Catalog* const catalog_;
  WorkerMetrics* const metrics_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_INDEX_SERVICE_H_
