#include "server/worker/admin_proxy.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/replication_service.grpc.pb.h"
#include "core/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/access/method_roles.h"
#include "server/access/quota_metadata.h"
#include "server/config/follow_source.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_cost.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"
#include "server/worker/forward.h"
#include "server/worker/forwarded_request.h"

namespace annod {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;

// After which a caller may expect one of the calls to have ended. Each takes a
// thread of the writer.
constexpr absl::Duration kAdminDelay = absl::Milliseconds(500);
// What a call takes whose answers are not read: a chunk of at most a mebibyte
// here, one or two in the writer, and what waits between.
constexpr int64_t kLargeStreamBytes = 5 << 19;
constexpr int64_t kSmallAnswerBytes = 16 << 10;

template <typename Reactor>
Reactor* Refuse(const grpc::Status& status, CallbackServerContext* context) {
  class Refused final : public Reactor {
   public:
    explicit Refused(const grpc::Status& status) { this->Finish(status); }
    void OnDone() override { delete this; }
  };
  AddPushback(status, context);
  return new Refused(status);
}

// Empty if the request names none.
std::string IndexOf(const Message& request) {
  const google::protobuf::FieldDescriptor* const field =
      request.GetDescriptor()->FindFieldByName("index");
  return field == nullptr ? ""
                          : request.GetReflection()->GetString(request, field);
}

absl::Status IdleError(const Config& config) {
  return ReasonError(
      absl::StatusCode::kDeadlineExceeded, kStreamIdle,
      absl::StrCat("no message came for ",
                   absl::FormatDuration(config.stream_idle_timeout),
                   " (stream_idle_timeout)"));
}

// Not OK on a replica for what would change an index.
absl::Status CheckChanges(const Config& config, const std::string& path) {
  if (config.follow.empty() || !ChangesIndexes(path)) return absl::OkStatus();
  const std::string writer = WriterAddressOf(config);
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kReadOnlyReplica,
      absl::StrCat("this server is a read-only replica of ", config.follow,
                   writer.empty() ? "; what changes indexes goes to the writer"
                                  : "; what changes indexes goes to ",
                   writer),
      {{"source", config.follow}, {"writer_address", writer}});
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

// A service whose methods take and give bytes. The generated `Service` numbers
// its methods in the order of the descriptor.
template <typename Service>
class RawService final : public Service {
 public:
  RawService(
      const google::protobuf::ServiceDescriptor& service,
      absl::FunctionRef<grpc::internal::MethodHandler*(const MethodDescriptor&)>
          make_handler) {
    for (int i = 0; i < service.method_count(); ++i) {
      this->MarkMethodRawCallback(i, make_handler(*service.method(i)));
    }
  }
};

}  // namespace

AdminProxy::AdminProxy(std::shared_ptr<grpc::Channel> writer,
                       const Catalog* catalog, const LiveConfig* config,
                       const AccessControl* access, UnsentAnswers* unsent,
                       WorkerMetrics* metrics, AuditLog* audit)
    : writer_(std::move(writer)),
      catalog_(catalog),
      config_(config),
      access_(access),
      unsent_(unsent),
      metrics_(metrics),
      audit_(audit) {
  const auto handler = [this](const MethodDescriptor& method) {
    return MakeHandler(method);
  };
  services_.push_back(std::make_unique<RawService<v1::AdminService::Service>>(
      *v1::CreateIndexRequest::descriptor()->file()->service(0), handler));
  services_.push_back(
      std::make_unique<RawService<v1::ReplicationService::Service>>(
          *v1::FetchVersionRequest::descriptor()->file()->service(0), handler));
}

std::vector<grpc::Service*> AdminProxy::services() const {
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  return services;
}

grpc::internal::MethodHandler* AdminProxy::MakeHandler(
    const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return new grpc::internal::CallbackClientStreamingHandler<ByteBuffer,
                                                              ByteBuffer>(
        [this, &method](CallbackServerContext* context, ByteBuffer* response) {
          return ClientStream(method, context, response);
        });
  }
  if (method.server_streaming()) {
    return new grpc::internal::CallbackServerStreamingHandler<ByteBuffer,
                                                              ByteBuffer>(
        [this, &method](CallbackServerContext* context,
                        const ByteBuffer* request) {
          return ServerStream(method, context, request);
        });
  }
  return new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
      [this, &method](CallbackServerContext* context, const ByteBuffer* request,
                      ByteBuffer* response) {
        return Unary(method, context, request, response);
      });
}

grpc::ServerUnaryReactor* AdminProxy::Unary(const MethodDescriptor& method,
                                            CallbackServerContext* context,
                                            const ByteBuffer* request,
                                            ByteBuffer* response) {
  const Audited audited = Audit(method, context);
  std::string index;
  std::shared_ptr<const Caller> caller;
  const grpc::Status admitted = AdmitRequest(
      method, context, *request, kSmallAnswerBytes, audited, &index, &caller);
  if (!admitted.ok()) {
    audited.call->End(admitted);
    return Refuse<grpc::ServerUnaryReactor>(admitted, context);
  }
  return ForwardUnary(context, writer_, PathOf(method),
                      CountCall(method, index, caller, audited), request,
                      response, unsent_, kSmallAnswerBytes);
}

grpc::ServerReadReactor<ByteBuffer>* AdminProxy::ClientStream(
    const MethodDescriptor& method, CallbackServerContext* context,
    ByteBuffer* response) {
  const Audited audited = Audit(method, context);
  const std::string path = PathOf(method);
  absl::StatusOr<std::shared_ptr<const Caller>> caller =
      access_->Admit(*context, path);
  const absl::Status may_change = CheckChanges(*config_->Get(), path);
  if (caller.ok() && !may_change.ok()) caller = may_change;
  std::shared_ptr<ItemStreams::Stream> stream;
  grpc::Status admitted;
  if (caller.ok()) stream = AdmitStream(method.name(), context, &admitted);
  if (!caller.ok() || stream != nullptr) {
    admitted = Admit(method.name(), context, caller.status());
  }
  if (!admitted.ok()) {
    audited.call->End(admitted);
    return Refuse<grpc::ServerReadReactor<ByteBuffer>>(admitted, context);
  }
  return ForwardClientStream(
      context, writer_, path,
      CountCall(method, "", *std::move(caller), audited), method.input_type(),
      ParseRoom(config_->Get()->limits), std::move(stream), response);
}

grpc::ServerWriteReactor<ByteBuffer>* AdminProxy::ServerStream(
    const MethodDescriptor& method, CallbackServerContext* context,
    const ByteBuffer* request) {
  const Audited audited = Audit(method, context);
  const bool is_large =
      method.output_type() == v1::SerializeResponse::descriptor() ||
      method.output_type() == v1::FetchVersionResponse::descriptor();
  const int64_t bytes = is_large ? kLargeStreamBytes : kSmallAnswerBytes;
  std::string index;
  std::shared_ptr<const Caller> caller;
  const grpc::Status admitted =
      AdmitRequest(method, context, *request, bytes, audited, &index, &caller);
  if (!admitted.ok()) {
    audited.call->End(admitted);
    return Refuse<grpc::ServerWriteReactor<ByteBuffer>>(admitted, context);
  }
  // The others bring bytes, and end.
  const bool waits = method.name() == "Build" || method.name() == "Rebuild";
  ItemStreams::Refusal unbounded;
  return ForwardServerStream(
      context, writer_, PathOf(method),
      CountCall(method, index, caller, audited),
      waits ? build_watches_.Admit("", std::numeric_limits<int>::max(),
                                   std::numeric_limits<int>::max(), &unbounded)
            : nullptr,
      request, unsent_, bytes);
}

absl::Status AdminProxy::Take(const MethodDescriptor& method,
                              const CallbackServerContext& context,
                              const ByteBuffer& bytes, const Audited& audited,
                              std::string* index,
                              std::shared_ptr<const Caller>* caller) const {
  const std::string path = PathOf(method);
  ANNOD_ASSIGN_OR_RETURN(*caller, access_->Admit(context, path));
  const absl::Status may_change = CheckChanges(*config_->Get(), path);
  return CheckRequest(
      context, bytes, method.input_type(), ParseRoom(config_->Get()->limits),
      [&](const Message& request) {
        *index = IndexOf(request);
        absl::Status allowed = access_->CheckIndexes(**caller, request);
        // What it names is told of who may not use it, too.
        if (allowed.ok() || absl::IsPermissionDenied(allowed)) {
          audited.call->AddRequest(request);
        }
        return allowed.ok() ? may_change : allowed;
      });
}

grpc::Status AdminProxy::AdmitRequest(
    const MethodDescriptor& method, CallbackServerContext* context,
    const ByteBuffer& request, int64_t answer_bytes, const Audited& audited,
    std::string* index, std::shared_ptr<const Caller>* caller) {
  absl::Status status = Take(method, *context, request, audited, index, caller);
  bool reserved = false;
  if (status.ok()) {
    status = unsent_->Reserve(answer_bytes);
    reserved = status.ok();
  }
  grpc::Status admitted = Admit(method.name(), context, status);
  if (reserved && !admitted.ok()) unsent_->Release(answer_bytes);
  return admitted;
}

grpc::Status AdminProxy::Admit(const std::string& method,
                               grpc::CallbackServerContext* context,
                               const absl::Status& status) {
  if (status.ok()) {
    const int max_calls = config_->Get()->admission.max_admin_calls;
    if (running_.fetch_add(1) < max_calls) return grpc::Status::OK;
    running_.fetch_sub(1);
    return Overloaded(
        method, context,
        absl::StrCat("a worker has ", max_calls,
                     " calls that the writer answers (max_admin_calls)"),
        &metrics_->rejected_admin);
  }
  grpc::Status refusal = ToGrpcStatus(status);
  metrics_->CallEnded(method, "", refusal.error_code(), 0);
  return refusal;
}

std::shared_ptr<ItemStreams::Stream> AdminProxy::AdmitStream(
    const std::string& method, grpc::CallbackServerContext* context,
    grpc::Status* refusal) {
  const Admission limits = config_->Get()->admission;
  // The other half is for calls that do not wait for their callers.
  const int max_streams = std::max(1, limits.max_admin_calls / 2);
  const int max_of_peer = limits.max_item_streams_per_connection;
  ItemStreams::Refusal why;
  auto stream =
      item_streams_.Admit(context->peer(), max_streams, max_of_peer, &why);
  if (stream != nullptr) return stream;
  const std::string of_whom =
      why == ItemStreams::Refusal::kTooMany
          ? absl::StrCat("a worker has ", max_streams)
          : absl::StrCat("this connection has ", max_of_peer);
  *refusal = Overloaded(
      method, context,
      absl::StrCat(of_whom, " calls of AddItems, Fit and Deserialize (",
                   why == ItemStreams::Refusal::kTooMany
                       ? "half of max_admin_calls"
                       : "max_item_streams_per_connection",
                   ")"),
      &metrics_->rejected_item_streams);
  return nullptr;
}

grpc::Status AdminProxy::Overloaded(const std::string& method,
                                    grpc::CallbackServerContext* context,
                                    const std::string& why, Counter* counter) {
  counter->Add();
  grpc::Status refusal = ToGrpcStatus(OverloadedError(why, kAdminDelay));
  metrics_->CallEnded(method, "", refusal.error_code(), 0);
  return refusal;
}

void AdminProxy::EndIdleStreams() {
  const std::shared_ptr<const Config> config = config_->Get();
  item_streams_.EndIdle(config->stream_idle_timeout, IdleError(*config));
}

void AdminProxy::EndStreams(absl::Duration timeout) {
  item_streams_.EndIdle(timeout, DrainingError("go on at another one"));
  build_watches_.EndIdle(
      absl::ZeroDuration(),
      DrainingError("whether the build ends before that is told by Info"));
}

AdminProxy::Audited AdminProxy::Audit(const Method& method,
                                      grpc::CallbackServerContext* context) {
  Audited audited;
  audited.ids = TakeRequestIds(context);
  audited.call =
      std::make_shared<CallAudit>(audit_, method.name(), audited.ids, *context);
  return audited;
}

ForwardedCall::Hooks AdminProxy::CountCall(const Method& method,
                                           std::string index,
                                           std::shared_ptr<const Caller> caller,
                                           const Audited& audited) {
  const absl::Time start = absl::Now();
  ForwardedCall::Hooks hooks;
  hooks.metadata = QuotasForWriter(*caller);
  hooks.check = [this, path = PathOf(method), caller](const Message& request) {
    return access_->Recheck(*caller, path, request);
  };
  hooks.ids = audited.ids;
  hooks.on_request = [call = audited.call](const Message& request) {
    call->AddRequest(request);
  };
  hooks.on_end = [this, &name = method.name(), index = std::move(index),
                  caller = std::move(caller), start,
                  call = audited.call](const grpc::Status& status) {
    running_.fetch_sub(1);
    call->End(status);
    metrics_->CallEnded(name, catalog_->Find(index) == nullptr ? "" : index,
                        status.error_code(),
                        absl::ToDoubleSeconds(absl::Now() - start));
  };
  return hooks;
}

}  // namespace annod
