#include "server/worker/forwarded_call.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "server/process/steady_time.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/errors.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

// A writer that was killed is back within a second.
constexpr absl::Duration kConnectWait = absl::Seconds(2);
constexpr absl::Duration kConnectPoll = absl::Milliseconds(10);

grpc::Status UnavailableStatus() {
  return ToGrpcStatus(
      ReasonError(absl::StatusCode::kUnavailable, kWriterUnavailable,
                  "the writer process cannot be reached at the moment; try "
                  "again, queries go on"));
}

grpc::Status OverStatus(const grpc::ServerContextBase& call) {
  return ToGrpcStatus(
      CallOver(CallDeadline(call), "the writer may have done what it asked"));
}

}  // namespace

ForwardedCall::ForwardedCall(grpc::CallbackServerContext* server,
                             std::shared_ptr<grpc::Channel> channel,
                             std::string method, Hooks hooks)
    : server_(server),
      channel_(std::move(channel)),
      method_(std::move(method)),
      hooks_(std::move(hooks)),
      stub_(channel_) {}

void ForwardedCall::Start() { Connect(SteadyNow() + kConnectWait); }

void ForwardedCall::Connect(absl::Time give_up) {
  const bool connected =
      channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
  bool cancelled;
  {
    absl::MutexLock lock(&mu_);
    cancelled = cancelled_;
    if (connected && !cancelled) {
      held_ = true;
      context_ = grpc::ClientContext::FromCallbackServerContext(*server_);
      for (const auto& [key, value] : hooks_.metadata) {
        context_->AddMetadata(key, value);
      }
      AddRequestIds(hooks_.ids, context_.get());
    }
  }
  if (cancelled) return End(OverStatus(*server_));
  if (connected) return Begin();
  if (SteadyNow() >= give_up) return End(UnavailableStatus());
  // A new one each time: the old one may be what is calling.
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(absl::ToChronoTime(absl::Now() + kConnectPoll),
              [this, give_up](bool) { Connect(give_up); });
}

void ForwardedCall::Begin() {
  stub_.PrepareBidiStreamingCall(context_.get(), method_, {}, &client_);
  client_.AddHold();
  client_.StartRead(&response_);
  client_.StartCall();
  ReadRequest(&request_);
}

void ForwardedCall::GotRequest(bool ok) {
  absl::MutexLock lock(&mu_);
  if (!held_) return;  // answered before the last request was read
  if (!early_end_.ok()) return;
  if (ok) {
    client_.StartWrite(&request_);
  } else {
    client_.StartWritesDone();
  }
}

void ForwardedCall::RefuseRequest(const grpc::Status& status) {
  absl::MutexLock lock(&mu_);
  if (!held_) return;
  refusal_ = status;
  context_->TryCancel();
}

void ForwardedCall::EndEarly(const absl::Status& why, bool take_what_came) {
  absl::MutexLock lock(&mu_);
  if (!held_ || !early_end_.ok() || !refusal_.ok()) return;
  early_end_ = why;
  if (take_what_came) {
    client_.StartWritesDone();
  } else {
    context_->TryCancel();
  }
}

void ForwardedCall::SentRequest(bool ok) {
  // If not ok the writer has ended the call: its status is on the way.
  if (ok) ReadRequest(&request_);
}

void ForwardedCall::GotResponse(bool ok) {
  if (ok) return WriteResponse(&response_);
  {
    absl::MutexLock lock(&mu_);
    held_ = false;
  }
  client_.RemoveHold();
}

void ForwardedCall::SentResponse(bool ok) {
  if (!ok) context_->TryCancel();
  // After a cancellation this read fails, which ends the call.
  client_.StartRead(&response_);
}

void ForwardedCall::ClientDone(const grpc::Status& status) {
  grpc::Status refused;
  absl::Status early_end;
  {
    absl::MutexLock lock(&mu_);
    refused = refusal_;
    early_end = early_end_;
  }
  // The target's own error, if it has one, says more.
  const bool ended_early =
      !early_end.ok() &&
      (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED);
  // By gRPC, not by the writer.
  const bool over = status.error_code() == grpc::StatusCode::CANCELLED &&
                    status.error_details().empty();
  const bool bare_unavailable =
      status.error_code() == grpc::StatusCode::UNAVAILABLE &&
      status.error_details().empty();
  if (!refused.ok()) {
    End(refused);
  } else if (ended_early) {
    End(ToGrpcStatus(status.ok() ? AddProgress(early_end) : early_end));
  } else if (over) {
    End(OverStatus(*server_));
  } else {
    End(bare_unavailable ? UnavailableStatus() : status);
  }
}

void ForwardedCall::ServerCancelled() {
  absl::MutexLock lock(&mu_);
  cancelled_ = true;
  if (held_) context_->TryCancel();
}

void ForwardedCall::End(const grpc::Status& status) {
  hooks_.on_end(status);
  AddPushback(status, server_);
  FinishServer(status);  // last: the object may be gone
}

void ForwardedCall::ServerDone() { delete this; }

}  // namespace annod
