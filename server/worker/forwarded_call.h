#ifndef ANNOD_SERVER_WORKER_FORWARDED_CALL_H_
#define ANNOD_SERVER_WORKER_FORWARDED_CALL_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/alarm.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "server/audit/request_ids.h"

namespace annod {

// One call on its way to another server, message by message as bytes, without
// threads: at most one message is held in each direction, so the receivers'
// flow control reaches the senders. Deadline and cancellation are propagated,
// and so is the final status with its details.
//
// If the target is not connected the call waits for it, for a bounded time, for
// nothing has been sent yet; then it ends with UNAVAILABLE. The caller's side
// ends last; with that it deletes itself.
class ForwardedCall {
 public:
  struct Hooks {
    // Goes to the target, which gets none of the caller's own.
    std::vector<std::pair<std::string, std::string>> metadata;
    // Whether the caller may send this message of a stream; unused else.
    std::function<absl::Status(const google::protobuf::Message& request)> check;
    RequestIds ids;  // the target is told
    // Called for each message of a stream that parses; may be empty.
    std::function<void(const google::protobuf::Message& request)> on_request;
    // Called once with the status sent to the caller.
    std::function<void(const grpc::Status& status)> on_end;
  };

  // `server` is the call received, on whose end ServerDone() is called.
  ForwardedCall(grpc::CallbackServerContext* server,
                std::shared_ptr<grpc::Channel> channel, std::string method,
                Hooks hooks);

  // Begins; to be called when the derived object is complete.
  void Start();

 protected:
  virtual ~ForwardedCall() = default;

  const Hooks& hooks() const { return hooks_; }

  grpc::ByteBuffer request_;  // the one on its way

  // The caller's side, by the kind of call. Each answers by the On... function
  // named; never two of a kind at a time.
  // Gets the next request: GotRequest().
  virtual void ReadRequest(grpc::ByteBuffer* request) = 0;
  // Passes an answer on: SentResponse(). The buffer is valid until then.
  virtual void WriteResponse(const grpc::ByteBuffer* response) = 0;
  virtual void FinishServer(const grpc::Status& status) = 0;

  // `ok` is false after the last request.
  void GotRequest(bool ok);
  // Instead of GotRequest(): ends the call with `status`, an error.
  void RefuseRequest(const grpc::Status& status);
  // At any time: ends the call with `why`, taking no further request. If
  // `take_what_came` the target is told that there is none, and its answer goes
  // to AddProgress(); else its call is cancelled.
  void EndEarly(const absl::Status& why, bool take_what_came);
  // `why` with what the target answered to the requests that came.
  virtual absl::Status AddProgress(const absl::Status& why) const {
    return why;
  }
  // `ok` is false if the caller is gone.
  void SentResponse(bool ok);
  void ServerCancelled();
  void ServerDone();

 private:
  // The target's side. Not a base class: the reactors of the two sides have
  // reactions of the same names.
  class Client final
      : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Client(ForwardedCall* call) : call_(call) {}
    void OnReadDone(bool ok) override { call_->GotResponse(ok); }
    void OnWriteDone(bool ok) override { call_->SentRequest(ok); }
    void OnDone(const grpc::Status& status) override {
      call_->ClientDone(status);
    }

   private:
    ForwardedCall* const call_;
  };

  void Connect(absl::Time give_up);
  void Begin();
  // Ends the caller's side with `status`, once nothing of the target's is left.
  // The object may be gone afterwards.
  void End(const grpc::Status& status);

  void GotResponse(bool ok);
  void SentRequest(bool ok);
  void ClientDone(const grpc::Status& status);

  grpc::CallbackServerContext* const server_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string method_;
  const Hooks hooks_;
  grpc::GenericStub stub_;
  Client client_{this};
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::Alarm> alarm_;
  grpc::ByteBuffer response_;

  absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Status refusal_ ABSL_GUARDED_BY(mu_);
  absl::Status early_end_ ABSL_GUARDED_BY(mu_);  // that of EndEarly()
  // While true a hold keeps the client's side open for writes.
  bool held_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_FORWARDED_CALL_H_
