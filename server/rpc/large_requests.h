#ifndef ANNOD_SERVER_RPC_LARGE_REQUESTS_H_
#define ANNOD_SERVER_RPC_LARGE_REQUESTS_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
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
    // If `request` is large, waits until those that came before have had their
    // turn and those that have it leave room for this one within `room` bytes,
    // or are none.
    Turn(LargeRequests* all, const grpc::ByteBuffer& request, int64_t room);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    LargeRequests* const all_;
    const int64_t bytes_;  // 0: a small one
  };

 private:
  absl::Mutex mu_;
  int64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;  // of those that have their turn
  // In the order in which they came: who comes next, whose turn is next.
  int64_t next_ticket_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t next_turn_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_LARGE_REQUESTS_H_
