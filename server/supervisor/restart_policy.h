#ifndef ANNOD_SERVER_SUPERVISOR_RESTART_POLICY_H_
#define ANNOD_SERVER_SUPERVISOR_RESTART_POLICY_H_

#include "absl/time/time.h"

namespace annod {

// How long to wait before a child that has died is started again: not at all
// the first time, then twice as long each time, up to a limit, as long as it
// keeps dying young. Living long enough forgives everything.
class RestartPolicy {
 public:
  struct Options {
    absl::Duration young = absl::Seconds(10);
    absl::Duration first_delay = absl::Milliseconds(100);
    absl::Duration max_delay = absl::Seconds(5);
  };

  RestartPolicy() = default;
  explicit RestartPolicy(const Options& options) : options_(options) {}

  // The child died after living for `lived`.
  absl::Duration DelayAfterDeath(absl::Duration lived);

 private:
  Options options_;
  absl::Duration next_delay_ = absl::ZeroDuration();
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_RESTART_POLICY_H_
