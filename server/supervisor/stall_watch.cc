#include "server/supervisor/stall_watch.h"

namespace annod {

void StallWatch::Asked(int slot, Time now) {
  if (!slots_[slot].asked.has_value()) slots_[slot].asked = now;
}

void StallWatch::Answered(int slot) {
  slots_[slot].has_answered = true;
  slots_[slot].asked.reset();
}

void StallWatch::ForgiveAll() {
  for (Slot& slot : slots_) slot.asked.reset();
}

StallWatch::Duration StallWatch::SilentFor(int slot, Time now) const {
  const Slot& state = slots_[slot];
  if (!state.has_answered || !state.asked.has_value()) return Duration::zero();
  return now - *state.asked;
}

}  // namespace annod
