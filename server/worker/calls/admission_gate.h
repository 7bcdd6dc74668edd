#ifndef ANNOD_SERVER_WORKER_CALLS_ADMISSION_GATE_H_
#define ANNOD_SERVER_WORKER_CALLS_ADMISSION_GATE_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "server/config/config.h"

namespace annod {

// Bounds of an AdmissionGate.
struct AdmissionLimits {
  // Calls waiting and being worked on together.
  int max_in_flight = 128;
  // No call waits longer.
  absl::Duration max_queue_time = absl::Milliseconds(100);
  // Nor longer than this while the server is overloaded.
  absl::Duration overload_queue_time = absl::Milliseconds(1);
};

// As configured for a worker with so many threads.
AdmissionLimits LimitsOf(const Admission& admission, int threads);

// Decides which calls a worker takes on, so that those it takes are answered
// soon and the others are told at once.
//
// A burst may fill the queue up to `max_in_flight`: it passes, and nobody was
// refused. Meeting that bound means that more comes in than goes out. Then the
// queue is kept short (`overload_queue_time`) for some seconds, after which
// another burst may try: in a lasting overload a long queue would not answer
// one call more, only each one later. Refusals of that time do not prolong it:
// callers that come back at once, or a server that was slow for a moment, must
// not keep it short for ever.
// As in controlled delay (Nichols & Jacobson, "Controlling queue delay", ACM
// Queue 2012) it is the time in the queue that counts, here foretold from the
// mean time that the calls before took.
//
// Thread-safe; every function is a few atomic operations.
class AdmissionGate {
 public:
  enum class Verdict { kAdmitted, kTooMany, kTooLong };

  // `threads` work on the calls.
  explicit AdmissionGate(int threads) : threads_(threads) {}

  // Whether to take on a call that has come in while `waiting` admitted ones
  // have not begun and `running` have. As many as there are threads may always
  // wait, for otherwise threads would idle between calls.
  Verdict Arrive(const AdmissionLimits& limits, absl::Time now, int waiting,
                 int running);
  // Whether a call that was admitted at `arrival` may still begin.
  Verdict Begin(const AdmissionLimits& limits, absl::Time now,
                absl::Time arrival) const;
  // A call took a thread for so long, with what the thread did since the call
  // before or since it was idle: in an overload refusing others takes more of
  // its time than answering.
  void End(absl::Duration service_time);

  bool overloaded(absl::Time now) const;
  // How long a call would wait behind so many.
  absl::Duration QueueTime(int waiting) const;

 private:
  static constexpr std::memory_order kRelaxed = std::memory_order_relaxed;

  const int threads_;
  // When max_in_flight was last met; absl::ToUnixNanos.
  std::atomic<int64_t> full_ns_{0};
  // Moving mean of the time a call takes a thread; 0: not known yet. Two
  // threads may overwrite each other's share, which changes nothing that
  // matters.
  std::atomic<int64_t> service_ns_{0};
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_ADMISSION_GATE_H_
