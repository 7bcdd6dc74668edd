#include "server/worker/forward.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "annod/v1/admin_service.pb.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"

namespace annod {
namespace {

// The three kinds of call. The server's reactors delete themselves through
// ForwardedCall once OnDone() was called.

class UnaryForward final : public grpc::ServerUnaryReactor,
                           public ForwardedCall {
 public:
  UnaryForward(grpc::CallbackServerContext* server,
               std::shared_ptr<grpc::Channel> channel, std::string method,
               Hooks hooks, const grpc::ByteBuffer* request,
               grpc::ByteBuffer* response)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(hooks)),
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
              Hooks hooks, std::unique_ptr<google::protobuf::Message> request,
              std::shared_ptr<ItemStreams::Stream> stream,
              grpc::ByteBuffer* response)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(hooks)),
        parsed_(std::move(request)),
        stream_(std::move(stream)),
        response_(response) {
    stream_->SetOnIdle([this](const absl::Status& why) {
      EndEarly(why, /*take_what_came=*/IsAddItems());
    });
  }
  ~ReadForward() override { stream_->SetOnIdle(nullptr); }

  void OnReadDone(bool ok) override {
    stream_->Got();
    if (ok) {
      // A stream of bytes would end in silence where it does not parse.
      const absl::Status parsed =
          ParseRequest(ForwardedCall::request_, parsed_.get());
      if (!parsed.ok()) return RefuseRequest(ToGrpcStatus(parsed));
      if (hooks().on_request) hooks().on_request(*parsed_);
      const absl::Status allowed = hooks().check(*parsed_);
      if (!allowed.ok()) return RefuseRequest(ToGrpcStatus(allowed));
    }
    GotRequest(ok);
  }
  void OnCancel() override { ServerCancelled(); }
  void OnDone() override { ServerDone(); }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    stream_->Await();
    grpc::ServerReadReactor<grpc::ByteBuffer>::StartRead(request);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    *response_ = *response;
    SentResponse(true);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }

  bool IsAddItems() const {
    return parsed_->GetDescriptor() == v1::AddItemsRequest::descriptor();
  }
  absl::Status AddProgress(const absl::Status& why) const override {
    v1::AddItemsResponse stored;
    if (!ParseRequest(*response_, &stored).ok()) return why;
    return WithMetadata(why,
                        {{"added_count", absl::StrCat(stored.added_count())},
                         {"first_id", absl::StrCat(stored.first_id())},
                         {"last_id", absl::StrCat(stored.last_id())}});
  }

  const std::unique_ptr<google::protobuf::Message> parsed_;
  const std::shared_ptr<ItemStreams::Stream> stream_;
  grpc::ByteBuffer* const response_;
};

class WriteForward final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public ForwardedCall {
 public:
  WriteForward(grpc::CallbackServerContext* server,
               std::shared_ptr<grpc::Channel> channel, std::string method,
               Hooks hooks, std::shared_ptr<ItemStreams::Stream> stream,
               const grpc::ByteBuffer* request)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(hooks)),
        stream_(std::move(stream)),
        request_(request) {
    if (stream_ == nullptr) return;
    stream_->SetOnIdle([this](const absl::Status& why) {
      EndEarly(why, /*take_what_came=*/false);
    });
  }
  ~WriteForward() override {
    if (stream_ != nullptr) stream_->SetOnIdle(nullptr);
  }

  void OnWriteDone(bool ok) override { SentResponse(ok); }
  void OnCancel() override { ServerCancelled(); }
  void OnDone() override { ServerDone(); }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    if (request_ != nullptr) *request = *request_;
    if (stream_ != nullptr) stream_->Await();
    GotRequest(std::exchange(request_, nullptr) != nullptr);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    grpc::ServerWriteReactor<grpc::ByteBuffer>::StartWrite(response);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }

  const std::shared_ptr<ItemStreams::Stream> stream_;
  const grpc::ByteBuffer* request_;
};

}  // namespace

grpc::ServerUnaryReactor* ForwardUnary(grpc::CallbackServerContext* context,
                                       std::shared_ptr<grpc::Channel> target,
                                       std::string method,
                                       ForwardedCall::Hooks hooks,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) {
  auto* const call =
      new UnaryForward(context, std::move(target), std::move(method),
                       std::move(hooks), request, response);
  call->Start();
  return call;
}

grpc::ServerReadReactor<grpc::ByteBuffer>* ForwardClientStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    std::unique_ptr<google::protobuf::Message> request,
    std::shared_ptr<ItemStreams::Stream> stream, grpc::ByteBuffer* response) {
  auto* const call = new ReadForward(
      context, std::move(target), std::move(method), std::move(hooks),
      std::move(request), std::move(stream), response);
  call->Start();
  return call;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ForwardServerStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    std::shared_ptr<ItemStreams::Stream> stream,
    const grpc::ByteBuffer* request) {
  auto* const call =
      new WriteForward(context, std::move(target), std::move(method),
                       std::move(hooks), std::move(stream), request);
  call->Start();
  return call;
}

}  // namespace annod
