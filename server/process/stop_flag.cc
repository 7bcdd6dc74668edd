#include "server/process/stop_flag.h"

#include "server/process/steady_time.h"

namespace annod {

void StopFlag::Stop() {
  {
    const MutexLock lock(&mu_);
    stopped_ = true;
  }
  changed_.NotifyAll();
}

bool StopFlag::stopped() const {
  const MutexLock lock(&mu_);
  return stopped_;
}

bool StopFlag::AwaitStop(absl::Duration timeout) const {
  const absl::Time end = SteadyNow() + timeout;
  const MutexLock lock(&mu_);
  while (!stopped_) {
    const absl::Duration left = end - SteadyNow();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(&mu_, left);
  }
  return true;
}

}  // namespace annod
