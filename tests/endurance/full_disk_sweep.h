#ifndef ANNOD_TESTS_ENDURANCE_FULL_DISK_SWEEP_H_
#define ANNOD_TESTS_ENDURANCE_FULL_DISK_SWEEP_H_

#include <string>

#include "tests/endurance/kill_sweep.h"
#include "tests/endurance/report.h"

namespace annod::endurance {

// A real annod whose data directory is a file system of a few megabytes (tmpfs,
// mounted at `mount_point`, an empty directory): under load until it is full,
// killed, started again while it is full, compared with what was acknowledged;
// then it gets room and goes on. Fault "not allowed to mount" without root.
Report SweepFullDisk(const SweepOptions& options,
                     const std::string& mount_point);

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_FULL_DISK_SWEEP_H_
