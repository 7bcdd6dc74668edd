#include "server/process/free_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace annod {
namespace {

constexpr int64_t kMuch = 64 << 20;

// Resident memory that is not of files, in bytes; 0 if it cannot be read.
int64_t OwnResidentBytes() {
  FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  long long resident = 0;  // NOLINT(google-runtime-int): as fscanf has it
  long long shared = 0;    // NOLINT(google-runtime-int)
  const int read = std::fscanf(file, "%*s %lld %lld", &resident, &shared);
  std::fclose(file);
  return read == 2 ? (resident - shared) * sysconf(_SC_PAGESIZE) : 0;
}

// Bytes that are resident though nothing in use is there, and what the
// allocator does not know of: stacks, for one.
int64_t IdleBytes(int64_t resident) {
  const auto info = mallinfo2();
  return resident - static_cast<int64_t>(info.uordblks + info.hblkhd);
}

}  // namespace

void ReturnFreeMemory() {
  // What cannot be given back, as seen last.
  static int64_t lasting = 0;
  const int64_t resident = OwnResidentBytes();
  // mallinfo2() looks at every free block.
  if (resident < kMuch) return;
  const int64_t idle = IdleBytes(resident);
  lasting = std::min(lasting, idle);
  if (idle - lasting < kMuch) return;
  malloc_trim(0);
  lasting = IdleBytes(OwnResidentBytes());
}

}  // namespace annod
