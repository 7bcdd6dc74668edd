#include "server/audit/call_audit.h"

#include <utility>

#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/audit/caller_name.h"
#include "server/rpc/rpc_status.h"

namespace annod {

CallAudit::CallAudit(AuditLog* log, std::string method, const RequestIds& ids,
                     const grpc::ServerContextBase& context)
    : log_(log),
      method_(std::move(method)),
      ids_(ids),
      caller_(CallerName(context)),
      peer_(CallerAddress(context)),
      start_(absl::Now()) {}

void CallAudit::AddRequest(const google::protobuf::Message& request) {
  if (!log_->enabled()) return;
  absl::MutexLock lock(&mu_);
  details_.Add(request);
}

void CallAudit::End(const grpc::Status& status) {
  if (!log_->enabled()) return;
  LogFields fields = {{"request_id", ids_.request_id}};
  if (!ids_.trace_id().empty()) {
    fields.emplace_back("trace_id", std::string(ids_.trace_id()));
  }
  fields.emplace_back("caller", caller_);
  fields.emplace_back("peer", peer_);
  fields.emplace_back("method", method_);
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(ended_, true)) return;
    fields.emplace_back("index", details_.index());
    details_.AppendTo(&fields);
  }
  fields.emplace_back("code", GrpcCodeName(status.error_code()));
  if (!status.ok()) fields.emplace_back("reason", ReasonOf(status));
  fields.emplace_back("duration_ms",
                      absl::ToDoubleMilliseconds(absl::Now() - start_));
  log_->Write(std::move(fields));
}

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) {
      return info.reason();
    }
  }
  return "";
}

}  // namespace annod
