#ifndef ANNOD_SERVER_WORKER_CALLBACK_QUEUE_H_
#define ANNOD_SERVER_WORKER_CALLBACK_QUEUE_H_

namespace annod {

// The completion queue of gRPC's callbacks, in place of that of the library.
//
// gRPC 1.51 has two threads or more that wait for callbacks and poll all
// connections of the process meanwhile. Beside threads that wait for calls on
// a completion queue of their own this is dear: whoever is to poll next has to
// be woken up, only to wake up one of those again when it has a call for them.
// (The threads also sleep for 100 ms whenever a second passed without a
// callback.) A program that links this library defines the two functions by
// which gRPC gets that queue, as the linker allows. Its queue is one of those
// that gRPC uses where something else polls: callbacks run on the threads of
// gRPC's executor, which sleep until there is one.
//
// Somebody has to poll, though. It is a thread of this library, until the
// program says that its own do: SetPolledElsewhere(true) once threads wait on
// a completion queue, SetPolledElsewhere(false) before they end. It is for the
// poll strategy "epoll1", gRPC's choice on Linux, by which whoever polls does
// so for all queues.
// Thread-safe.
void SetPolledElsewhere(bool polled_elsewhere);

// Whether gRPC uses the queue now.
bool IsCallbackQueueInUse();

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLBACK_QUEUE_H_
