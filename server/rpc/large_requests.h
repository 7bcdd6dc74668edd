#ifndef ANNOD_SERVER_RPC_LARGE_REQUESTS_H_
#define ANNOD_SERVER_RPC_LARGE_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/support/byte_buffer.h"

namespace annod {

// Bounds how many bytes of large requests are parsed at a time. A request that
// is parsed takes up to twice its bytes (parse_cost.h), which nobody counts:
// max_request_memory holds for what gRPC has read. Thread-safe.
class LargeRequests {
 public:
  // What a search costs a thread anyway is not counted.
  static constexpr size_t kLargeBytes = 1 << 20;

  // From before a request is parsed until its message is gone.
  class Turn {
   public:
    Turn(Turn&& other) noexcept
        : all_(other.all_), bytes_(std::exchange(other.bytes_, 0)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    friend class LargeRequests;
    Turn(LargeRequests* all, int64_t bytes) : all_(all), bytes_(bytes) {}

    LargeRequests* const all_;
    int64_t bytes_;  // 0: a small one
  };

  // If `request` is large, waits until those that came before have had their
  // turn or given up, and those that have it leave room for this one within
  // `room` bytes, or are none. If that is not so by `deadline`:
  // DeadlineExceeded; before that, soon after `cancelled()` is true: Cancelled.
  absl::StatusOr<Turn> AwaitTurn(const grpc::ByteBuffer& request, int64_t room,
                                 absl::Time deadline,
                                 const std::function<bool()>& cancelled);

 private:
  absl::Mutex mu_;
  int64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;  // of those that have their turn
  // Bytes of each that waits, in the order in which they came.
  std::list<int64_t> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_LARGE_REQUESTS_H_
