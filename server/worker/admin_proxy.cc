#include "server/worker/admin_proxy.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "server/errors.h"
#include "server/rpc_status.h"

namespace annod {
namespace {

// Of one worker; each takes a thread of the writer.
constexpr int kMaxForwardedCalls = 256;
constexpr int kMaxNameBytes = 64;

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

class ReadForward final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                          public ForwardedCall {
 public:
  ReadForward(grpc::CallbackServerContext* server,
              std::shared_ptr<grpc::Channel> channel, std::string method,
              OnEnd on_end, grpc::ByteBuffer* response)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(on_end)),
        response_(response) {}

  void OnReadDone(bool ok) override { GotRequest(ok); }
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

std::string IndexOfRequest(const grpc::ByteBuffer& request) {
  std::vector<grpc::Slice> slices;
  if (!request.Dump(&slices).ok() || slices.empty()) return "";
  google::protobuf::io::CodedInputStream input(
      slices[0].begin(), static_cast<int>(slices[0].size()));
  using google::protobuf::internal::WireFormatLite;
  const uint32_t wanted =
      WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  uint32_t size;
  std::string name;
  if (input.ReadTag() != wanted || !input.ReadVarint32(&size) ||
      size > kMaxNameBytes ||
      !input.ReadString(&name, static_cast<int>(size))) {
    return "";
  }
  return name;
}

AdminProxy::AdminProxy(std::shared_ptr<grpc::Channel> writer,
                       const Catalog* catalog, WorkerMetrics* metrics)
    : writer_(std::move(writer)), catalog_(catalog), metrics_(metrics) {}

grpc::Status AdminProxy::Admit() {
  if (running_.fetch_add(1) < kMaxForwardedCalls) return grpc::Status::OK;
  running_.fetch_sub(1);
  metrics_->rejected_too_many.Add();
  return ToGrpcStatus(ReasonError(
      absl::StatusCode::kResourceExhausted, kLimitReached,
      absl::StrCat("at most ", kMaxForwardedCalls,
                   " calls of AdminService can run at a time in a worker")));
}

ForwardedCall::OnEnd AdminProxy::CountCall(const char* method,
                                           const grpc::ByteBuffer* request) {
  std::string index = request == nullptr ? "" : IndexOfRequest(*request);
  const absl::Time start = absl::Now();
  return [this, method, index = std::move(index),
          start](const grpc::Status& status) {
    running_.fetch_sub(1);
    metrics_->CallEnded(method, catalog_->Find(index) == nullptr ? "" : index,
                        status.error_code(),
                        absl::ToDoubleSeconds(absl::Now() - start));
  };
}

grpc::ServerUnaryReactor* AdminProxy::Unary(
    grpc::CallbackServerContext* context, const char* method,
    const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  const grpc::Status admitted = Admit();
  if (!admitted.ok()) return Refuse<grpc::ServerUnaryReactor>(admitted);
  auto* call = new UnaryForward(context, writer_, MethodPath(method),
                                CountCall(method, request), request, response);
  call->Start();
  return call;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::Streaming(
    grpc::CallbackServerContext* context, const char* method,
    const grpc::ByteBuffer* request) {
  using Reactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;
  const grpc::Status admitted = Admit();
  if (!admitted.ok()) return Refuse<Reactor>(admitted);
  auto* call = new WriteForward(context, writer_, MethodPath(method),
                                CountCall(method, request), request);
  call->Start();
  return call;
}

grpc::ServerUnaryReactor* AdminProxy::CreateIndex(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary(context, "CreateIndex", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::AddItem(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary(context, "AddItem", request, response);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* AdminProxy::AddItems(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  using Reactor = grpc::ServerReadReactor<grpc::ByteBuffer>;
  const grpc::Status admitted = Admit();
  if (!admitted.ok()) return Refuse<Reactor>(admitted);
  auto* call = new ReadForward(context, writer_, MethodPath("AddItems"),
                               CountCall("AddItems", nullptr), response);
  call->Start();
  return call;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::Build(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return Streaming(context, "Build", request);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminProxy::Serialize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return Streaming(context, "Serialize", request);
}

grpc::ServerUnaryReactor* AdminProxy::Attach(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary(context, "Attach", request, response);
}

grpc::ServerUnaryReactor* AdminProxy::DropIndex(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary(context, "DropIndex", request, response);
}

}  // namespace annod
