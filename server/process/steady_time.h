#ifndef ANNOD_SERVER_PROCESS_STEADY_TIME_H_
#define ANNOD_SERVER_PROCESS_STEADY_TIME_H_

#include <chrono>

#include "absl/time/time.h"

namespace annod {

// The time of a clock that nobody sets, since some moment that says nothing:
// for intervals and deadlines within the process. absl::Now() is for what is
// told to others, and for what waits by that clock.
inline absl::Time SteadyNow() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_STEADY_TIME_H_
