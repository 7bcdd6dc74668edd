#include "server/rpc/call_deadline.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace annod {
namespace {

// gRPC ends a call before its deadline by our clock: a caller's wait begins
// earlier by as long as the call was on its way, and is rounded up to
// hundredths of a second for us.
constexpr absl::Duration kTimerSlack = absl::Milliseconds(100);

}  // namespace

absl::Time CallDeadline(const grpc::ServerContextBase& context) {
  const auto deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

absl::Status CallOver(absl::Time deadline, absl::string_view what) {
  return absl::Now() + kTimerSlack >= deadline
             ? absl::DeadlineExceededError(
                   absl::StrCat("the deadline passed; ", what))
             : absl::CancelledError(absl::StrCat("the caller left; ", what));
}

}  // namespace annod
