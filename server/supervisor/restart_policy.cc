#include "server/supervisor/restart_policy.h"

#include <algorithm>

namespace annod {

absl::Duration RestartPolicy::DelayAfterDeath(absl::Duration lived) {
  if (lived >= options_.young) next_delay_ = absl::ZeroDuration();
  const absl::Duration delay = next_delay_;
  next_delay_ = delay == absl::ZeroDuration()
                    ? options_.first_delay
                    : std::min(2 * delay, options_.max_delay);
  return delay;
}

}  // namespace annod
