#include "tests/core/testing/set_clock.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "absl/time/clock.h"

namespace {

std::atomic<int64_t> offset_seconds = 0;

}  // namespace

// In the place of the C library's, which Abseil calls: the first for
// absl::Now(), the second for when a wait of absl::Mutex is over.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long failed = syscall(SYS_clock_gettime, clock, time);  // NOLINT
  if (failed == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset_seconds;
  return static_cast<int>(failed);
}

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  timespec now;
  const int failed = clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return failed;
}

namespace annod {

void SetClock::Set(absl::Duration offset) {
  const absl::Duration change = offset - absl::Seconds(offset_seconds.load());
  if (change == absl::ZeroDuration()) return;
  const absl::Time wanted = absl::Now() + change;
  offset_seconds = absl::ToInt64Seconds(offset);
  for (int i = 0; i < 3000; ++i) {
    if (absl::AbsDuration(absl::Now() - wanted) <
        absl::AbsDuration(change) / 2) {
      return;
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
}

}  // namespace annod
