#include "server/worker/calls/query_stream.h"

#include <memory>

#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/audit/caller_name.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"

namespace annod {

QueryStream::QueryStream(grpc::CallbackServerContext* context,
                         StreamOwner* owner, UnsentAnswers* unsent,
                         size_t window, int64_t max_bytes)
    : context_(context),
      ids_(TakeRequestIds(context)),
      caller_name_(CallerName(*context)),
      caller_address_(CallerAddress(*context)),
      owner_(owner),
      unsent_(unsent),
      window_(window),
      max_bytes_(max_bytes),
      deadline_(CallDeadline(*context)) {}

void QueryStream::Start() {
  absl::MutexLock lock(&mu_);
  Advance();
}

void QueryStream::EndWith(const grpc::Status& status) {
  absl::MutexLock lock(&mu_);
  all_read_ = true;
  end_ = status;
  Advance();
}

void QueryStream::FinishOnce(const grpc::Status& status) {
  if (finished_) return;
  finished_ = true;
  cancelled_.store(true);  // whatever is still being worked on
  AddPushback(status, context_);
  Finish(status);
}

void QueryStream::Advance() {
  if (!finished_ && !writing_ && !slots_.empty() &&
      slots_.front().is_answered) {
    const StreamSlot& first = slots_.front();
    if (first.status.ok()) {
      writing_ = true;
      StartWrite(&first.response);
    } else {
      FinishOnce(ToGrpcStatus(first.status));
    }
  }
  if (!finished_ && all_read_ && slots_.empty()) FinishOnce(end_);
  // What is in slots_ will call again.
  const bool has_room = slots_.empty() || !unsent_->IsHalfFull();
  if (!finished_ && !reading_ && !all_read_ && slots_.size() < window_ &&
      bytes_ <= max_bytes_ && has_room) {
    reading_ = true;
    StartRead(&read_);
  }
}

void QueryStream::OnReadDone(bool ok) {
  StreamSlot* slot = nullptr;
  {
    absl::MutexLock lock(&mu_);
    reading_ = false;
    if (!ok) all_read_ = true;
    if (ok && !finished_) {
      slot = &slots_.emplace_back();
      slot->arrival = absl::Now();
      slot->request.Swap(&read_);
      bytes_ += static_cast<int64_t>(slot->request.Length());
      references_.fetch_add(1);
    }
    Advance();
  }
  if (slot != nullptr) owner_->Queue(this, slot);
}

absl::Status QueryStream::HoldAnswer(const StreamSlot& slot, int64_t reserved) {
  const auto bytes = static_cast<int64_t>(slot.response.Length());
  ANNOD_RETURN_IF_ERROR(unsent_->Reserve(bytes, reserved));
  absl::MutexLock lock(&mu_);
  if (finished_) {
    unsent_->Release(bytes);
    return CallOver(deadline(), "it was not answered");
  }
  unsent_->Assign(this, bytes);
  return absl::OkStatus();
}

void QueryStream::Answered(StreamSlot* slot) {
  {
    absl::MutexLock lock(&mu_);
    bytes_ -= static_cast<int64_t>(slot->request.Length());
    slot->request.Clear();
    bytes_ += static_cast<int64_t>(slot->response.Length());
    slot->is_answered = true;
    Advance();
  }
  Unref();
}

void QueryStream::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mu_);
  writing_ = false;
  const auto sent = static_cast<int64_t>(slots_.front().response.Length());
  bytes_ -= sent;
  unsent_->Taken(this, sent);
  slots_.pop_front();
  owner_->Sent();
  if (!ok) FinishOnce(grpc::Status::CANCELLED);
  Advance();
}

void QueryStream::OnDone() {
  unsent_->Drop(this);
  Unref();
}

void QueryStream::Unref() {
  if (references_.fetch_sub(1) != 1) return;
  {
    absl::MutexLock lock(&mu_);
    for (size_t i = 0; i < slots_.size(); ++i) owner_->Sent();
  }
  owner_->Ended(this);
  delete this;
}

}  // namespace annod
