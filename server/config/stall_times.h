#ifndef ANNOD_SERVER_CONFIG_STALL_TIMES_H_
#define ANNOD_SERVER_CONFIG_STALL_TIMES_H_

#include <algorithm>

#include "absl/time/time.h"
#include "server/config/config.h"

namespace annod {

// How soon processes that stand still are noticed, all of it by one setting: a
// child is replaced after worker_stall_timeout, so nobody waits as long as that
// for one of them.
struct StallTimes {
  absl::Duration probe_interval;  // of the supervisor, of each child
  absl::Duration beat_interval;   // of a worker, towards the writer
  absl::Duration silence;         // after which the writer waits no more
  absl::Duration ping_interval;   // of a worker, whether the writer is there
  absl::Duration ping_timeout;    // after which calls to it end
};

inline StallTimes StallTimesOf(const Config& config) {
  const absl::Duration stall = config.worker_stall_timeout;
  StallTimes times;
  times.probe_interval = std::min(absl::Seconds(1), stall / 10);
  times.beat_interval = std::min(absl::Milliseconds(500), stall / 20);
  times.silence = std::min(absl::Seconds(2), stall / 5);
  times.ping_interval = std::min(absl::Seconds(2), stall / 5);
  times.ping_timeout = std::min(absl::Seconds(4), stall * 2 / 5);
  return times;
}

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_STALL_TIMES_H_
