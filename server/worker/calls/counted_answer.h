#ifndef ANNOD_SERVER_WORKER_CALLS_COUNTED_ANSWER_H_
#define ANNOD_SERVER_WORKER_CALLS_COUNTED_ANSWER_H_

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/worker/calls/unsent_answers.h"

namespace annod {

// A unary call of the callback API whose answer counts among UnsentAnswers.
// Deletes itself.
class CountedAnswer final : public grpc::ServerUnaryReactor,
                            private UnsentAnswers::Holder {
 public:
  // `context` is the call's; `unsent` must outlive it.
  CountedAnswer(grpc::CallbackServerContext* context, UnsentAnswers* unsent)
      : context_(context), unsent_(unsent) {}

  // Ends the call with `answer`, unless there is no room for that, or with the
  // error that `status` is. Returns what the caller is told.
  grpc::Status End(const absl::Status& status, grpc::ByteBuffer* answer);

  void OnDone() override;

 private:
  void Cancel() override { context_->TryCancel(); }

  grpc::CallbackServerContext* const context_;
  UnsentAnswers* const unsent_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_COUNTED_ANSWER_H_
