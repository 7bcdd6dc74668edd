#ifndef ANNOD_CORE_MEMORY_H_
#define ANNOD_CORE_MEMORY_H_

#include <cstdint>
#include <string>

namespace annod {

// Bytes that this process may still take without being refused or killed: the
// least of what the machine has free or can free (/proc/meminfo), what the
// control groups it is in have left (memory.max of version 2,
// memory.limit_in_bytes of version 1), and what is left below its limits on
// data and address space. An estimate of this moment.
//
// `root` is put before /proc and /sys, for tests.
uint64_t AvailableMemoryBytes(const std::string& root = "");

// The least that a control group, or the machine, lets this process have in
// all.
struct MemoryBound {
  uint64_t bytes = 0;
  const char* source = "machine";  // or "control group"
};
MemoryBound MemoryBoundOf(const std::string& root = "");

}  // namespace annod

#endif  // ANNOD_CORE_MEMORY_H_
