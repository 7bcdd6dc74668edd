#include "server/worker/catalog/sync_stream.h"

namespace annod {

using internal::v1::SyncRequest;
using internal::v1::SyncResponse;

SyncStream::SyncStream(internal::v1::SyncService::Stub* stub,
                       grpc::ClientContext* context)
    : context_(context) {
  stub->async()->Sync(context, this);
  AddHold();  // reads and writes begin on other threads
  StartCall();
}

SyncStream::~SyncStream() {
  context_->TryCancel();
  RemoveHold();
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&done_));
}

bool SyncStream::Write(const SyncRequest& request) {
  {
    absl::MutexLock lock(&mu_);
    writing_ = State::kUnderWay;
  }
  StartWrite(&request);
  return Await(&writing_);
}

bool SyncStream::Read(SyncResponse* response) {
  {
    absl::MutexLock lock(&mu_);
    reading_ = State::kUnderWay;
  }
  StartRead(response);
  return Await(&reading_);
}

bool SyncStream::Await(State* state) {
  absl::MutexLock lock(&mu_);
  const auto ended = [state] { return *state != State::kUnderWay; };
  mu_.Await(absl::Condition(&ended));
  return *state == State::kSucceeded;
}

void SyncStream::Ended(State* state, bool ok) {
  absl::MutexLock lock(&mu_);
  *state = ok ? State::kSucceeded : State::kFailed;
}

void SyncStream::OnDone(const grpc::Status&) {
  absl::MutexLock lock(&mu_);
  done_ = true;
}

}  // namespace annod
