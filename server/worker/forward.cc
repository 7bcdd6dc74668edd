#include "server/worker/forward.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "annod/v1/admin_service.pb.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/forwarded_request.h"

namespace annod {
namespace {

// The three kinds of call. The server's reactors delete themselves through
// ForwardedCall once OnDone() was called.

class UnaryForward final : public grpc::ServerUnaryReactor,
                           public ForwardedCall,
                           private UnsentAnswers::Holder {
 public:
  UnaryForward(grpc::CallbackServerContext* server,
               std::shared_ptr<grpc::Channel> channel, std::string method,
               Hooks hooks, const grpc::ByteBuffer* request,
               grpc::ByteBuffer* response, UnsentAnswers* unsent,
               int64_t reserved)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(hooks)),
        context_(server),
        request_(request),
        response_(response),
        unsent_(unsent),
        reserved_(reserved) {}

  void OnCancel() override { ServerCancelled(); }
  void OnDone() override {
    unsent_->Drop(this);
    unsent_->Release(reserved_);
    ServerDone();
  }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    if (request_ != nullptr) *request = *request_;
    GotRequest(std::exchange(request_, nullptr) != nullptr);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    *response_ = *response;
    // What was done is told, room or not.
    unsent_->Count(this, static_cast<int64_t>(response->Length()));
    SentResponse(true);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }
  void Cancel() override { context_->TryCancel(); }

  grpc::CallbackServerContext* const context_;
  const grpc::ByteBuffer* request_;
  grpc::ByteBuffer* const response_;
  UnsentAnswers* const unsent_;
  const int64_t reserved_;
};

class ReadForward final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                          public ForwardedCall {
 public:
  ReadForward(grpc::CallbackServerContext* server,
              std::shared_ptr<grpc::Channel> channel, std::string method,
              Hooks hooks, const google::protobuf::Descriptor* request_type,
              int64_t parse_room, std::shared_ptr<ItemStreams::Stream> stream,
              grpc::ByteBuffer* response)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(hooks)),
        context_(server),
        request_type_(request_type),
        parse_room_(parse_room),
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
      const absl::Status parsed = CheckRequest(
          *context_, ForwardedCall::request_, request_type_, parse_room_,
          [this](const google::protobuf::Message& request) {
            if (hooks().on_request) hooks().on_request(request);
            return hooks().check(request);
          });
      if (!parsed.ok()) return RefuseRequest(ToGrpcStatus(parsed));
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
    return request_type_ == v1::AddItemsRequest::descriptor();
  }
  absl::Status AddProgress(const absl::Status& why) const override {
    v1::AddItemsResponse stored;
    if (!ParseRequest(*response_, &stored).ok()) return why;
    return WithMetadata(why,
                        {{"added_count", absl::StrCat(stored.added_count())},
                         {"first_id", absl::StrCat(stored.first_id())},
                         {"last_id", absl::StrCat(stored.last_id())}});
  }

  grpc::CallbackServerContext* const context_;
  const google::protobuf::Descriptor* const request_type_;
  const int64_t parse_room_;
  const std::shared_ptr<ItemStreams::Stream> stream_;
  grpc::ByteBuffer* const response_;
};

class WriteForward final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public ForwardedCall,
                           private UnsentAnswers::Holder {
 public:
  WriteForward(grpc::CallbackServerContext* server,
               std::shared_ptr<grpc::Channel> channel, std::string method,
               Hooks hooks, std::shared_ptr<ItemStreams::Stream> stream,
               const grpc::ByteBuffer* request, UnsentAnswers* unsent,
               int64_t reserved)
      : ForwardedCall(server, std::move(channel), std::move(method),
                      std::move(hooks)),
        context_(server),
        stream_(std::move(stream)),
        request_(request),
        unsent_(unsent),
        reserved_(reserved) {
    if (stream_ == nullptr) return;
    stream_->SetOnIdle([this](const absl::Status& why) {
      EndEarly(why, /*take_what_came=*/false);
    });
  }
  ~WriteForward() override {
    if (stream_ != nullptr) stream_->SetOnIdle(nullptr);
  }

  void OnWriteDone(bool ok) override {
    reserved_ = unsent_->TakeBack(this);
    SentResponse(ok);
  }
  void OnCancel() override { ServerCancelled(); }
  void OnDone() override {
    unsent_->Drop(this);
    unsent_->Release(reserved_);
    ServerDone();
  }

 private:
  void ReadRequest(grpc::ByteBuffer* request) override {
    if (request_ != nullptr) *request = *request_;
    if (stream_ != nullptr) stream_->Await();
    GotRequest(std::exchange(request_, nullptr) != nullptr);
  }
  void WriteResponse(const grpc::ByteBuffer* response) override {
    // The reservation is for the whole call; only while an answer is on its way
    // does its caller keep others waiting.
    unsent_->Assign(this, std::exchange(reserved_, 0));
    grpc::ServerWriteReactor<grpc::ByteBuffer>::StartWrite(response);
  }
  void FinishServer(const grpc::Status& status) override { Finish(status); }
  void Cancel() override { context_->TryCancel(); }

  grpc::CallbackServerContext* const context_;
  const std::shared_ptr<ItemStreams::Stream> stream_;
  const grpc::ByteBuffer* request_;
  UnsentAnswers* const unsent_;
  int64_t reserved_;
};

}  // namespace

grpc::ServerUnaryReactor* ForwardUnary(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
    UnsentAnswers* unsent, int64_t reserved) {
  auto* const call =
      new UnaryForward(context, std::move(target), std::move(method),
                       std::move(hooks), request, response, unsent, reserved);
  call->Start();
  return call;
}

grpc::ServerReadReactor<grpc::ByteBuffer>* ForwardClientStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    const google::protobuf::Descriptor* request_type, int64_t parse_room,
    std::shared_ptr<ItemStreams::Stream> stream, grpc::ByteBuffer* response) {
  auto* const call = new ReadForward(
      context, std::move(target), std::move(method), std::move(hooks),
      request_type, parse_room, std::move(stream), response);
  call->Start();
  return call;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ForwardServerStream(
    grpc::CallbackServerContext* context, std::shared_ptr<grpc::Channel> target,
    std::string method, ForwardedCall::Hooks hooks,
    std::shared_ptr<ItemStreams::Stream> stream,
    const grpc::ByteBuffer* request, UnsentAnswers* unsent, int64_t reserved) {
  auto* const call = new WriteForward(
      context, std::move(target), std::move(method), std::move(hooks),
      std::move(stream), request, unsent, reserved);
  call->Start();
  return call;
}

}  // namespace annod
