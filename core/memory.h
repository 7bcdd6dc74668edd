#ifndef ANNOD_CORE_MEMORY_H_
#define ANNOD_CORE_MEMORY_H_

#include <cstdint>

namespace annod {

// Bytes that this process may still take without being refused or killed: the
// least of what the machine has free or can free (/proc/meminfo), what the
// control groups it is in have left (memory.max of version 2), and what is left
// below its limits on data and address space. An estimate of this moment.
uint64_t AvailableMemoryBytes();

}  // namespace annod

#endif  // ANNOD_CORE_MEMORY_H_
