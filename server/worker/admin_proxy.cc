#include "server/worker/admin_proxy.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

// After which a caller may expect one of the calls to have ended. Each takes a
// thread of the writer.
constexpr absl::Duration kAdminDelay = absl::Milliseconds(500);

// The three kinds of call. The server's reactors delete themselves through
// ForwardedCall once OnDone() was called.

class UnaryForward final : public grpc::ServerUnaryReactor,
                           public ForwardedCall {
 public:
  UnaryForward(grpc::CallbackServerContext* server,
               std::shared_ptr<grpc::Channel> channel, std::string method,
               OnEnd on_end, const grpc::ByteBuffer* request,
               grpc::ByteBuffer* response)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(on_end)),
        request_(request),
        response_(response) {}

  void OnCancel() override { ServerCancelled(); }
  void OnDone() override { ServerDone(); }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    if (request_ != nullptr) *request = *request_;
    GotRequest(std::exchange(request_, nullptr) != nullptr);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    *response_ = *response;
    SentResponse(true);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }

  const grpc::ByteBuffer* request_;
  grpc::ByteBuffer* const response_;
};

// Request is the type of the messages, each of which must parse as such.
template <typename Request>
class ReadForward final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                          public ForwardedCall {
 public:
  ReadForward(grpc::CallbackServerContext* server,
              std::shared_ptr<grpc::Channel> channel, std::string method,
              OnEnd on_end, grpc::ByteBuffer* response)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(on_end)),
        response_(response) {}

  void OnReadDone(bool ok) override {
    if (ok) {
      // A stream of bytes would end in silence where it does not parse.
      const absl::Status parsed =
          ParseRequest(ForwardedCall::request_, &parsed_);
      if (!parsed.ok()) return RefuseRequest(ToGrpcStatus(parsed));
    }
    GotRequest(ok);
  }
  void OnCancel() override { ServerCancelled(); }
  void OnDone() override { ServerDone(); }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    grpc::ServerReadReactor<grpc::ByteBuffer>::StartRead(request);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    *response_ = *response;
    SentResponse(true);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }

  Request parsed_;
  grpc::ByteBuffer* const response_;
};

class WriteForward final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public ForwardedCall {
 public:
  WriteForward(grpc::CallbackServerContext* server,
               std::shared_ptr<grpc::Channel> channel, std::string method,
               OnEnd on_end, const grpc::ByteBuffer* request)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(on_end)),
        request_(request) {}

  void OnWriteDone(bool ok) override { SentResponse(ok); }
  void OnCancel() override { ServerCancelled(); }
  void OnDone() override { ServerDone(); }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    if (request_ != nullptr) *request = *request_;
    GotRequest(std::exchange(request_, nullptr) != nullptr);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    grpc::ServerWriteReactor<grpc::ByteBuffer>::StartWrite(response);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }

  const grpc::ByteBuffer* request_;
};

template <typename Reactor>
Reactor* Refuse(const grpc::Status& status) {
  class Refused final : public Reactor {
   public:
    explicit Refused(const grpc::Status& status) { this->Finish(status); }
    void OnDone() override { delete this; }
  };
  return new Refused(status);
}

std::string MethodPath(const char* method) {
  return absl::StrCat("/annod.v1.AdminService/", method);
}

}  // namespace

AdminProxy::AdminProxy(std::shared_ptr<grpc::Channel> writer,
                       const Catalog* catalog, const LiveConfig* config,
                       WorkerMetrics* metrics)
    : writer_(std::move(writer)),
      catalog_(catalog),
      config_(config),
      metrics_(metrics) {}

grpc::Status AdminProxy::Admit(const char* method,
                               grpc::CallbackServerContext* context,
                               absl::Status status) {
  if (status.ok()) {
    const int max_calls = config_->Get()->admission.max_admin_calls;
    if (running_.fetch_add(1) < max_calls) return grpc::Status::OK;
    running_.fetch_sub(1);
    metrics_->rejected_admin.Add();
    status = OverloadedError(
        absl::StrCat("a worker has ", max_calls,
                     " calls of AdminService (max_admin_calls)"),
        kAdminDelay);
    AddPushback(status, context);
  }
  grpc::Status refusal = ToGrpcStatus(status);
  metrics_->CallEnded(method, "", refusal.error_code(), 0);
  return refusal;
}

ForwardedCall::OnEnd AdminProxy::CountCall(const char* method,
                                           std::string index) {
  const absl::Time start = absl::Now();
  return [this, method, index = std::move(index),
          start](const grpc::Status& status) {
    running_.fetch_sub(1);
    metrics_->CallEnded(method, catalog_->Find(index) == nullptr ? "" : index,
                        status.error_code(),
                        absl::ToDoubleSeconds(absl::Now() - start));
  };
}

template <typename Request>
grpc::ServerUnaryReactor* AdminProxy::Unary(
    grpc::CallbackServerContext* context, const char* method,
    const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  Request message;
  const absl::Status parsed = ParseRequest(*request, &message);
  const grpc::Status admitted = Admit(method, context, parsed);
  if (!admitted.ok()) return Refuse<grpc::ServerUnaryReactor>(admitted);
  auto* call =
      new UnaryForward(context, writer_, MethodPath(method),
                       CountCall(method, message.index()), request, response);
  call->Start();
  return call;
}

template <typename Request>
grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::ServerStream(
    grpc::CallbackServerContext* context, const char* method,
    const grpc::ByteBuffer* request) {
  using Reactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;
  Request message;
  const absl::Status parsed = ParseRequest(*request, &message);
  const grpc::Status admitted = Admit(method, context, parsed);
  if (!admitted.ok()) return Refuse<Reactor>(admitted);
  auto* call = new WriteForward(context, writer_, MethodPath(method),
                                CountCall(method, message.index()), request);
  call->Start();
  return call;
}

template <typename Request>
grpc::ServerReadReactor<grpc::ByteBuffer>* AdminProxy::ClientStream(
    grpc::CallbackServerContext* context, const char* method,
    grpc::ByteBuffer* response) {
  using Reactor = grpc::ServerReadReactor<grpc::ByteBuffer>;
  const grpc::Status admitted = Admit(method, context, absl::OkStatus());
  if (!admitted.ok()) return Refuse<Reactor>(admitted);
  auto* call = new ReadForward<Request>(context, writer_, MethodPath(method),
                                        CountCall(method, ""), response);
  call->Start();
  return call;
}

grpc::ServerUnaryReactor* AdminProxy::CreateIndex(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::CreateIndexRequest>(context, "CreateIndex", request,
                                       response);
}

grpc::ServerUnaryReactor* AdminProxy::UpdateSettings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::UpdateSettingsRequest>(context, "UpdateSettings", request,
                                          response);
}

grpc::ServerUnaryReactor* AdminProxy::DropIndex(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::DropIndexRequest>(context, "DropIndex", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::AddItem(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::AddItemRequest>(context, "AddItem", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::RemoveItems(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::RemoveItemsRequest>(context, "RemoveItems", request,
                                       response);
}

grpc::ServerUnaryReactor* AdminProxy::CancelBuild(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::CancelBuildRequest>(context, "CancelBuild", request,
                                       response);
}

grpc::ServerUnaryReactor* AdminProxy::Unbuild(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::UnbuildRequest>(context, "Unbuild", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::Attach(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::AttachRequest>(context, "Attach", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::Detach(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::DetachRequest>(context, "Detach", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::Activate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::ActivateRequest>(context, "Activate", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::Reload(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::ReloadRequest>(context, "Reload", request, response);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* AdminProxy::AddItems(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  return ClientStream<v1::AddItemsRequest>(context, "AddItems", response);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* AdminProxy::Fit(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  return ClientStream<v1::FitRequest>(context, "Fit", response);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* AdminProxy::Deserialize(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  return ClientStream<v1::DeserializeRequest>(context, "Deserialize", response);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::Build(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServerStream<v1::BuildRequest>(context, "Build", request);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::Rebuild(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServerStream<v1::RebuildRequest>(context, "Rebuild", request);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::Serialize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServerStream<v1::SerializeRequest>(context, "Serialize", request);
}

}  // namespace annod
