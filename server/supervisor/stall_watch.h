#ifndef ANNOD_SERVER_SUPERVISOR_STALL_WATCH_H_
#define ANNOD_SERVER_SUPERVISOR_STALL_WATCH_H_

#include <chrono>
#include <optional>
#include <vector>

namespace annod {

// Who has been asked for a long time and has not answered. A process that has
// not answered yet at all is starting, which may take as long as its indexes
// do: nothing is expected of it. Knows no clock; not thread-safe.
class StallWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::nanoseconds;

  StallWatch(int slots, Duration timeout) : timeout_(timeout), slots_(slots) {}

  // Another process, or none, has the slot.
  void Forget(int slot) { slots_[slot] = {}; }
  void Asked(int slot, Time now);
  void Answered(int slot);
  // Who asks stood still itself: what was not answered meanwhile says nothing.
  void ForgiveAll();

  // For how long it has owed an answer; zero if it owes none.
  Duration SilentFor(int slot, Time now) const;
  bool Stalled(int slot, Time now) const {
    return SilentFor(slot, now) >= timeout_;
  }

 private:
  struct Slot {
    bool has_answered = false;
    std::optional<Time> asked;  // the first time since the last answer
  };

  const Duration timeout_;
  std::vector<Slot> slots_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_STALL_WATCH_H_
