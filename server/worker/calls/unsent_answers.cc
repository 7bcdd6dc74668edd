#include "server/worker/calls/unsent_answers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/process/steady_time.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

// A caller that has read nothing for so long need not be kept waiting for.
constexpr absl::Duration kPatience = absl::Seconds(1);

}  // namespace

bool UnsentAnswers::TryReplace(int64_t reserved, int64_t bytes) {
  const int64_t others = bytes_.load() - reserved;
  if (others != 0 && others + bytes > Bound()) return false;
  bytes_.store(others + bytes);
  return true;
}

absl::Status UnsentAnswers::Reserve(int64_t bytes, int64_t reserved) {
  do {
    absl::MutexLock lock(&mu_);
    if (TryReplace(reserved, bytes)) return absl::OkStatus();
  } while (EndOne());
  Release(reserved);
  metrics_->rejected_unsent.Add();
  return OverloadedError(
      absl::StrCat("the callers of a worker have not taken ", bytes_.load(),
                   " bytes of answers (max_unsent_bytes)"),
      kPatience);
}

void UnsentAnswers::Release(int64_t bytes) {
  absl::MutexLock lock(&mu_);
  bytes_.fetch_sub(bytes);
}

void UnsentAnswers::Assign(Holder* holder, int64_t reserved) {
  if (reserved == 0) return;
  absl::MutexLock lock(&mu_);
  AssignLocked(holder, reserved);
}

void UnsentAnswers::AssignLocked(Holder* holder, int64_t bytes) {
  holder->has_held_ = true;
  holder->bytes_ += bytes;
  if (!holder->is_listed_) List(holder);
}

int64_t UnsentAnswers::TakeBack(Holder* holder) {
  absl::MutexLock lock(&mu_);
  if (holder->is_listed_) Unlist(holder);
  return std::exchange(holder->bytes_, 0);
}

absl::Status UnsentAnswers::Hold(Holder* holder, int64_t bytes,
                                 int64_t reserved) {
  {
    absl::MutexLock lock(&mu_);
    if (TryReplace(reserved, bytes)) {
      AssignLocked(holder, bytes);
      return absl::OkStatus();
    }
  }
  ANNOD_RETURN_IF_ERROR(Reserve(bytes, reserved));
  Assign(holder, bytes);
  return absl::OkStatus();
}

void UnsentAnswers::Count(Holder* holder, int64_t bytes) {
  Release(-bytes);
  Assign(holder, bytes);
}

void UnsentAnswers::Taken(Holder* holder, int64_t bytes) {
  absl::MutexLock lock(&mu_);
  const int64_t taken = std::min(bytes, holder->bytes_);
  bytes_.fetch_sub(taken);
  holder->bytes_ -= taken;
  if (!holder->is_listed_) return;
  Unlist(holder);
  if (holder->bytes_ > 0) List(holder);
}

void UnsentAnswers::Drop(Holder* holder) {
  if (!holder->has_held_) return;
  absl::MutexLock lock(&mu_);
  holder->has_held_ = false;
  bytes_.fetch_sub(holder->bytes_);
  holder->bytes_ = 0;
  if (holder->is_listed_) Unlist(holder);
  if (cancelled_ != holder) return;
  if (canceller_ == std::this_thread::get_id()) {
    cancelled_ = nullptr;
    return;
  }
  const auto is_cancelled = [this, holder]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return cancelled_ != holder;
  };
  mu_.Await(absl::Condition(&is_cancelled));
}

bool UnsentAnswers::IsHalfFull() const { return bytes() >= Bound() / 2; }

bool UnsentAnswers::EndOne() {
  const std::thread::id self = std::this_thread::get_id();
  Holder* holder;
  {
    absl::MutexLock lock(&mu_);
    if (cancelled_ != nullptr || holders_.empty()) return false;
    holder = holders_.front();
    if (SteadyNow() - holder->since_ < kPatience) return false;
    bytes_.fetch_sub(holder->bytes_);
    holder->bytes_ = 0;
    Unlist(holder);
    cancelled_ = holder;
    canceller_ = self;
  }
  holder->Cancel();
  metrics_->ended_unread.Add();
  absl::MutexLock lock(&mu_);
  // Drop() may have been here; then it may be another one's.
  if (cancelled_ == holder && canceller_ == self) cancelled_ = nullptr;
  return true;
}

void UnsentAnswers::List(Holder* holder) {
  holder->since_ = SteadyNow();
  holder->place_ = holder->node_.begin();
  holders_.splice(holders_.end(), holder->node_);
  holder->is_listed_ = true;
}

void UnsentAnswers::Unlist(Holder* holder) {
  holder->node_.splice(holder->node_.end(), holders_, holder->place_);
  holder->is_listed_ = false;
}

}  // namespace annod
