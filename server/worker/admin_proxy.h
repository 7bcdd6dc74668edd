#ifndef ANNOD_SERVER_WORKER_ADMIN_PROXY_H_
#define ANNOD_SERVER_WORKER_ADMIN_PROXY_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "server/access/access_control.h"
#include "server/audit/audit_log.h"
#include "server/audit/call_audit.h"
#include "server/config/live_config.h"
#include "server/worker/calls/unsent_answers.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/forwarded_call.h"
#include "server/worker/item_streams.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// AdminService and ReplicationService of a worker: hands every call whose
// messages parse to the writer, as the bytes they came in. It reads from the
// services' descriptors which methods there are: a new one needs nothing here.
// Calls are counted for the index that a request names `index`; each, refused
// ones too, gets a line of the audit log. Thread-safe.
class AdminProxy final {
 public:
  // All but `writer` must outlive the object.
  AdminProxy(std::shared_ptr<grpc::Channel> writer, const Catalog* catalog,
             const LiveConfig* config, const AccessControl* access,
             UnsentAnswers* unsent, WorkerMetrics* metrics, AuditLog* audit);

  // What a server registers; they live as long as this.
  std::vector<grpc::Service*> services() const;

  // Calls under way.
  int active_count() const { return running_.load(); }

  // Ends streams whose callers have sent nothing for long. Call about once a
  // second.
  void EndIdleStreams();

  // The server shuts down: ends, with DRAINING, streams whose callers have sent
  // nothing for `timeout`, and the calls that wait for the end of a build. What
  // an AddItems has sent until then is stored.
  void EndStreams(absl::Duration timeout);

 private:
  using Method = google::protobuf::MethodDescriptor;

  // What gRPC calls for the method.
  grpc::internal::MethodHandler* MakeHandler(const Method& method);
  grpc::ServerUnaryReactor* Unary(const Method& method,
                                  grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response);
  grpc::ServerReadReactor<grpc::ByteBuffer>* ClientStream(
      const Method& method, grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response);
  grpc::ServerWriteReactor<grpc::ByteBuffer>* ServerStream(
      const Method& method, grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request);

  // The call's audit, which also takes in its ids.
  struct Audited {
    RequestIds ids;
    std::shared_ptr<CallAudit> call;
  };
  // Whether a call with one request is taken on (Admit): one that may be, and
  // for whose answers there is room, which is reserved then.
  grpc::Status AdmitRequest(const Method& method,
                            grpc::CallbackServerContext* context,
                            const grpc::ByteBuffer& request,
                            int64_t answer_bytes, const Audited& audited,
                            std::string* index,
                            std::shared_ptr<const Caller>* caller);
  // Finds out who calls and parses what he sends; not OK if he may not do this
  // to the indexes that it names.
  absl::Status Take(const Method& method,
                    const grpc::CallbackServerContext& context,
                    const grpc::ByteBuffer& bytes, const Audited& audited,
                    std::string* index,
                    std::shared_ptr<const Caller>* caller) const;
  // Counts a call for as long as it runs (CountCall). Not OK, and counted as
  // ended, if too many run or `status`, that of its request, is not OK.
  // The refusal of a call too many is told with the time to try again.
  grpc::Status Admit(const std::string& method,
                     grpc::CallbackServerContext* context,
                     const absl::Status& status);
  // A stream among those of AddItems and its like; null, and the call is over
  // with `*refusal`, if there are too many.
  std::shared_ptr<ItemStreams::Stream> AdmitStream(
      const std::string& method, grpc::CallbackServerContext* context,
      grpc::Status* refusal);
  grpc::Status Overloaded(const std::string& method,
                          grpc::CallbackServerContext* context,
                          const std::string& why, Counter* counter);
  // Begins it.
  Audited Audit(const Method& method, grpc::CallbackServerContext* context);
  // `method` must stay.
  ForwardedCall::Hooks CountCall(const Method& method, std::string index,
                                 std::shared_ptr<const Caller> caller,
                                 const Audited& audited);

  const std::shared_ptr<grpc::Channel> writer_;
  const Catalog* const catalog_;
  const LiveConfig* const config_;
  const AccessControl* const access_;
  UnsentAnswers* const unsent_;
  WorkerMetrics* const metrics_;
  AuditLog* const audit_;
  std::atomic<int> running_{0};
  ItemStreams item_streams_;
  ItemStreams build_watches_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_ADMIN_PROXY_H_
