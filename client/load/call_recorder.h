#ifndef ANNOD_CLIENT_LOAD_CALL_RECORDER_H_
#define ANNOD_CLIENT_LOAD_CALL_RECORDER_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "client/load/load_result.h"
#include "client/load/requests.h"

namespace annod::load {

// Nanoseconds of CLOCK_MONOTONIC.
int64_t NowNs();

// From `start` calls are made, those from `from` on are counted, and at `until`
// it ends; all in NowNs().
struct Window {
  int64_t start = 0;
  int64_t from = 0;
  int64_t until = 0;
  // If set and true the window ends early.
  const std::atomic<bool>* stopped = nullptr;

  bool Stopped() const { return stopped != nullptr && stopped->load(); }
  bool Over(int64_t now) const { return now >= until || Stopped(); }
};

// Counts the calls of one lane as they end. One thread at a time.
class CallRecorder {
 public:
  // `n`: neighbours a query asks for. Answers to the first `compare_count`
  // counted calls whose truth is known are compared with it: once through the
  // requests is enough, and keeps the client cheap.
  CallRecorder(const Window& window, int n, size_t compare_count)
      : window_(window), n_(n), compare_left_(compare_count) {}

  // A call that was due at `due` has ended, now. An answer that cannot be read
  // counts as a failure, INTERNAL.
  void Record(int64_t due, const Request& request,
              const grpc::ByteBuffer& response, grpc::Status status);

  const LoadResult& result() const { return result_; }

 private:
  grpc::Status Compare(const Request& request,
                       const grpc::ByteBuffer& response);

  const Window window_;
  const int n_;
  size_t compare_left_;
  LoadResult result_;
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_CALL_RECORDER_H_
