#ifndef ANNOD_CORE_CPU_COUNT_H_
#define ANNOD_CORE_CPU_COUNT_H_

#include <string>

namespace annod {

struct CpuCount {
  int count = 1;
  // What it follows from: "machine", its processors; "cpuset", those that this
  // process may run on (taskset, cpuset.cpus); "quota", the time that its
  // control groups grant it (--cpus, limits.cpu).
  const char* source = "machine";
};

// How many threads that compute are worth having: the least of the processors
// online, those of the calling thread's affinity, and the CFS quota of each
// control group (cpu.max, cpu.cfs_quota_us) as processors, rounded up; 1 at
// least. Reads some small files: some 50 microseconds.
//
// `root` is put before /proc and /sys, for tests.
CpuCount UsableCpus(const std::string& root = "");

}  // namespace annod

#endif  // ANNOD_CORE_CPU_COUNT_H_
