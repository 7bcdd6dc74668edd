#ifndef ANNOD_SERVER_WORKER_CALLS_QUERY_CALL_H_
#define ANNOD_SERVER_WORKER_CALLS_QUERY_CALL_H_

#include <atomic>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/async_unary_call.h"
#include "server/access/caller.h"
#include "server/rpc/call_deadline.h"
#include "server/worker/calls/unsent_answers.h"
#include "server/worker/metrics/lane.h"

namespace annod {

// One GetNns call, from the request for it to the end of its answer; used again
// after that.
struct QueryCall final : UnsentAnswers::Holder {
  enum class Event { kArrived, kSent, kDone };
  // What a completion queue hands out.
  struct Tag {
    QueryCall* call;
    Event event;
  };

  Tag arrived = {this, Event::kArrived};
  Tag sent = {this, Event::kSent};
  Tag done = {this, Event::kDone};
  std::optional<grpc::ServerContext> context;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> writer;
  std::shared_ptr<const Caller> caller;  // null until he is admitted
  grpc::ByteBuffer request_bytes;
  grpc::ByteBuffer response_bytes;
  absl::Time arrival;
  Lane lane = Lane::kQuick;
  // The call is over for its caller: answered or cancelled.
  std::atomic<bool> is_done{false};
  // Of kSent and kDone, which end a call in either order, those that came.
  std::atomic<int> ends{0};

  // Of its caller; InfiniteFuture() if there is none.
  absl::Time Deadline() const { return CallDeadline(*context); }

  void Cancel() override { context->TryCancel(); }
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_QUERY_CALL_H_
