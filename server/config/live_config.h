#ifndef ANNOD_SERVER_CONFIG_LIVE_CONFIG_H_
#define ANNOD_SERVER_CONFIG_LIVE_CONFIG_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/config/config.h"

namespace annod {

// The configuration in force, replaced as a whole on SIGHUP. Who needs a
// setting asks each time and keeps the copy for one piece of work. Thread-safe.
class LiveConfig {
 public:
  explicit LiveConfig(const Config& config)
      : config_(std::make_shared<const Config>(config)) {}

  std::shared_ptr<const Config> Get() const {
    absl::ReaderMutexLock lock(&mu_);
    return config_;
  }

  void Set(const Config& config) {
    auto fresh = std::make_shared<const Config>(config);
    absl::MutexLock lock(&mu_);
    config_ = std::move(fresh);
  }

 private:
  mutable absl::Mutex mu_;
  std::shared_ptr<const Config> config_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_LIVE_CONFIG_H_
