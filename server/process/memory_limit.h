#ifndef ANNOD_SERVER_PROCESS_MEMORY_LIMIT_H_
#define ANNOD_SERVER_PROCESS_MEMORY_LIMIT_H_

#include <cstdint>

#include "absl/status/status.h"

namespace annod {

// Bounds the memory that this process may have of its own, by RLIMIT_DATA,
// which counts what is allocated and the stacks of threads, not files that are
// mapped: an allocation beyond `bytes` fails, and the process ends. 0 changes
// nothing. Threads started later get stacks of 2 MiB, for each counts as a
// whole. Call before any thread is started.
absl::Status SetMemoryLimit(int64_t bytes);

// What this process has, and may have.
struct MemoryUse {
  int64_t used_bytes = 0;
  int64_t limit_bytes = 0;  // 0: no limit

  // Less than an eighth is left.
  bool is_short() const {
    return limit_bytes > 0 && used_bytes > limit_bytes - limit_bytes / 8;
  }
};

// As of at most 20 ms ago; no limit without SetMemoryLimit(). Memory that was
// freed and not given back to the system counts as not used. Thread-safe; costs
// some nanoseconds, and microseconds when it looks.
MemoryUse CurrentMemoryUse();

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_MEMORY_LIMIT_H_
