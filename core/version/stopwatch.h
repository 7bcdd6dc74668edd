#ifndef ANNOD_CORE_VERSION_STOPWATCH_H_
#define ANNOD_CORE_VERSION_STOPWATCH_H_

#include <chrono>

namespace annod {

// The time since it was made, by a clock that nobody sets: never negative, and
// never an hour too long. For what is measured; absl::Now() is for what is told
// to others.
class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_ = Clock::now();
};

}  // namespace annod

#endif  // ANNOD_CORE_VERSION_STOPWATCH_H_
