#include "server/rpc/large_requests.h"

namespace annod {

LargeRequests::Turn::Turn(LargeRequests* all, const grpc::ByteBuffer& request,
                          int64_t room)
    : all_(all),
      bytes_(request.Valid() && request.Length() > kLargeBytes
                 ? static_cast<int64_t>(request.Length())
                 : 0) {
  if (bytes_ == 0) return;
  absl::MutexLock lock(&all_->mu_);
  const int64_t ticket = all_->next_ticket_++;
  const auto is_next = [&]() ABSL_SHARED_LOCKS_REQUIRED(all_->mu_) {
    return all_->next_turn_ == ticket &&
           (all_->bytes_ == 0 || all_->bytes_ + bytes_ <= room);
  };
  all_->mu_.Await(absl::Condition(&is_next));
  all_->bytes_ += bytes_;
  ++all_->next_turn_;
}

LargeRequests::Turn::~Turn() {
  if (bytes_ == 0) return;
  absl::MutexLock lock(&all_->mu_);
  all_->bytes_ -= bytes_;
}

}  // namespace annod
