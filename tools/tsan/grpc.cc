// What ThreadSanitizer is to know of gRPC, as of mutexes.cc: that what comes
// out of it happens after what went in. Its locks tell most; its queues without
// locks tell nothing.
#include <grpc/grpc.h>

#include "tools/tsan/tsan.h"

using annod::tsan::grpc;
using annod::tsan::Next;

extern "C" {

ANNOD_UNSEEN grpc_call_error grpc_call_start_batch(grpc_call* call,
                                                   const grpc_op* ops,
                                                   size_t count, void* tag,
                                                   void* reserved) {
  static const auto next =
      Next<decltype(&grpc_call_start_batch)>("grpc_call_start_batch");
  __tsan_release(&grpc);
  return next(call, ops, count, tag, reserved);
}

ANNOD_UNSEEN grpc_call_error grpc_server_request_registered_call(
    grpc_server* server, void* method, grpc_call** call, gpr_timespec* deadline,
    grpc_metadata_array* metadata, grpc_byte_buffer** payload,
    grpc_completion_queue* queue, grpc_completion_queue* notified, void* tag) {
  static const auto next = Next<decltype(&grpc_server_request_registered_call)>(
      "grpc_server_request_registered_call");
  __tsan_release(&grpc);
  return next(server, method, call, deadline, metadata, payload, queue,
              notified, tag);
}

ANNOD_UNSEEN grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                                   gpr_timespec deadline,
                                                   void* reserved) {
  static const auto next =
      Next<decltype(&grpc_completion_queue_next)>("grpc_completion_queue_next");
  const grpc_event event = next(queue, deadline, reserved);
  __tsan_acquire(&grpc);
  return event;
}

ANNOD_UNSEEN grpc_event
grpc_completion_queue_pluck(grpc_completion_queue* queue, void* tag,
                            gpr_timespec deadline, void* reserved) {
  static const auto next = Next<decltype(&grpc_completion_queue_pluck)>(
      "grpc_completion_queue_pluck");
  const grpc_event event = next(queue, tag, deadline, reserved);
  __tsan_acquire(&grpc);
  return event;
}

}  // extern "C"
