#ifndef ANNOD_SERVER_AUDIT_RATE_LIMIT_H_
#define ANNOD_SERVER_AUDIT_RATE_LIMIT_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace annod {

// Lets so many through in each second and counts the others. Thread-safe.
class RateLimit {
 public:
  explicit RateLimit(int per_second) : per_second_(per_second) {}

  // Whether one may pass at `now`: how many did not since the last that did;
  // none if it may not.
  std::optional<int64_t> Take(absl::Time now);

 private:
  const int per_second_;
  absl::Mutex mu_;
  absl::Time second_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();  // its begin
  int passed_ ABSL_GUARDED_BY(mu_) = 0;                            // in it
  int64_t held_back_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_RATE_LIMIT_H_
