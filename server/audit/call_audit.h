#ifndef ANNOD_SERVER_AUDIT_CALL_AUDIT_H_
#define ANNOD_SERVER_AUDIT_CALL_AUDIT_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/audit/audit_log.h"
#include "server/audit/request_details.h"
#include "server/audit/request_ids.h"

namespace annod {

// One control call, from its arrival to the line about it: who called what from
// where, with what kind of request, how it ended and how long it took. What an
// error says is not in it, for it may quote the request: the reason is.
// Thread-safe.
class CallAudit {
 public:
  // `method` as in "Build"; `context` is used here alone. `log` must outlive
  // the object.
  CallAudit(AuditLog* log, std::string method, const RequestIds& ids,
            const grpc::ServerContextBase& context);

  // The request, or the next message of a stream.
  void AddRequest(const google::protobuf::Message& request);

  // Writes the line; the first time only.
  void End(const grpc::Status& status);

 private:
  AuditLog* const log_;
  const std::string method_;
  const RequestIds ids_;
  const std::string caller_;
  const std::string peer_;
  const absl::Time start_;
  absl::Mutex mu_;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  RequestDetails details_ ABSL_GUARDED_BY(mu_);
};

// The reason in the ErrorInfo of a status; empty if there is none.
std::string ReasonOf(const grpc::Status& status);

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_CALL_AUDIT_H_
