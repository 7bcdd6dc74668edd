#ifndef ANNOD_TESTS_CORE_TESTING_SET_CLOCK_H_
#define ANNOD_TESTS_CORE_TESTING_SET_CLOCK_H_

#include "absl/time/time.h"

namespace annod {

// While it lives absl::Now() can be set as an administrator sets the clock of a
// machine; what others see is not changed. One at a time.
class SetClock {
 public:
  SetClock() = default;
  ~SetClock() { Set(absl::ZeroDuration()); }
  SetClock(const SetClock&) = delete;
  SetClock& operator=(const SetClock&) = delete;

  // To so much later, or earlier, than it is. Returns when absl::Now() has
  // noticed, which counts cycles for two seconds before it looks again.
  void Set(absl::Duration offset);
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_SET_CLOCK_H_
