#ifndef ANNOD_SERVER_WORKER_ADMIN_PROXY_H_
#define ANNOD_SERVER_WORKER_ADMIN_PROXY_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/config/live_config.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/forwarded_call.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

using RawAdminService = v1::AdminService::WithRawCallbackMethod_CreateIndex<
    v1::AdminService::WithRawCallbackMethod_UpdateSettings<v1::AdminService::WithRawCallbackMethod_DropIndex<
        v1::AdminService::WithRawCallbackMethod_AddItem<v1::AdminService::WithRawCallbackMethod_RemoveItems<
            v1::AdminService::WithRawCallbackMethod_CancelBuild<
                v1::AdminService::WithRawCallbackMethod_Unbuild<v1::AdminService::WithRawCallbackMethod_Attach<
                    v1::AdminService::WithRawCallbackMethod_Detach<
                        v1::AdminService::WithRawCallbackMethod_Activate<
                            v1::AdminService::WithRawCallbackMethod_Reload<
                                v1::AdminService::WithRawCallbackMethod_AddItems<
                                    v1::AdminService::WithRawCallbackMethod_Fit<
                                        v1::AdminService::WithRawCallbackMethod_Deserialize<
                                            v1::AdminService::WithRawCallbackMethod_Build<
                                                v1::AdminService::WithRawCallbackMethod_Rebuild<
                                                    v1::AdminService::WithRawCallbackMethod_Serialize<
                                                        v1::AdminService::
                                                            Service>>>>>>>>>>>>>>>>>;

// AdminService of a worker: hands every call whose messages parse to the
// writer, as the bytes they came in. Thread-safe.
class AdminProxy final : public RawAdminService {
 public:
  // All but `writer` must outlive the object.
  AdminProxy(std::shared_ptr<grpc::Channel> writer, const Catalog* catalog,
             const LiveConfig* config, WorkerMetrics* metrics);

  grpc::ServerUnaryReactor* CreateIndex(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* UpdateSettings(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* DropIndex(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* AddItem(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* RemoveItems(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CancelBuild(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Unbuild(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Attach(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Detach(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Activate(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* AddItems(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* Fit(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* Deserialize(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Build(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Rebuild(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Serialize(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

  // Calls under way.
  int active_count() const { return running_.load(); }

 private:
  // Counts a call for as long as it runs (CountCall). Not OK, and counted as
  // ended, if too many run or `status`, that of its request, is not OK.
  // The refusal of a call too many is told with the time to try again.
  grpc::Status Admit(const char* method, grpc::CallbackServerContext* context,
                     absl::Status status);
  ForwardedCall::OnEnd CountCall(const char* method, std::string index);
  // Request is the type of the message, which must parse as such.
  template <typename Request>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  const char* method,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response);
  template <typename Request>
  grpc::ServerReadReactor<grpc::ByteBuffer>* ClientStream(
      grpc::CallbackServerContext* context, const char* method,
      grpc::ByteBuffer* response);
  template <typename Request>
  grpc::ServerWriteReactor<grpc::ByteBuffer>* ServerStream(
      grpc::CallbackServerContext* context, const char* method,
      const grpc::ByteBuffer* request);

  const std::shared_ptr<grpc::Channel> writer_;
  const Catalog* const catalog_;
  const LiveConfig* const config_;
  WorkerMetrics* const metrics_;
  std::atomic<int> running_{0};
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_ADMIN_PROXY_H_
