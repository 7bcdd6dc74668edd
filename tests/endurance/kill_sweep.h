#ifndef ANNOD_TESTS_ENDURANCE_KILL_SWEEP_H_
#define ANNOD_TESTS_ENDURANCE_KILL_SWEEP_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "tests/endurance/report.h"

namespace annod::endurance {

struct SweepOptions {
  int64_t stops = 100;  // to be made, or
  absl::Time deadline = absl::InfiniteFuture();
  uint64_t seed = 1;
};

// A real annod under load, of which one process after the other is killed with
// SIGKILL at a random moment: a worker, the writer, the supervisor, or all at
// once. After each it is compared with what was acknowledged.
Report SweepKills(const SweepOptions& options, const std::string& data_dir);

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_KILL_SWEEP_H_
