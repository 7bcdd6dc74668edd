#include "server/process/memory_limit.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace annod {
namespace {

constexpr size_t kStackBytes = 2 << 20;
constexpr int64_t kLookIntervalNs = 20'000'000;

int64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

// What RLIMIT_DATA counts, and the first thread's stack: the sixth number of
// statm, in pages. 0 if it cannot be read.
int64_t DataBytes() {
  static const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[256] = {};
  if (pread(fd, text, sizeof(text) - 1, 0) <= 0) return 0;
  long long pages = 0;  // NOLINT(google-runtime-int): as sscanf has it
  if (std::sscanf(text, "%*s %*s %*s %*s %*s %lld", &pages) != 1) return 0;
  return pages * sysconf(_SC_PAGESIZE);
}

std::atomic<bool> limited{false};

MemoryUse Look() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return {};
  }
  MemoryUse use;
  use.limit_bytes = static_cast<int64_t>(limit.rlim_cur);
  use.used_bytes = DataBytes();
  // Takes the allocator's locks, so only when it matters.
  if (use.is_short()) {
    use.used_bytes -= static_cast<int64_t>(mallinfo2().fordblks);
  }
  return use;
}

}  // namespace

absl::Status SetMemoryLimit(int64_t bytes) {
  if (bytes == 0) return absl::OkStatus();
  rlimit limit = {};
  limit.rlim_cur = static_cast<rlim_t>(bytes);
  limit.rlim_max = limit.rlim_cur;
  if (setrlimit(RLIMIT_DATA, &limit) != 0) {
    return absl::ErrnoToStatus(errno, "setrlimit(RLIMIT_DATA)");
  }
  limited.store(true);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const int error = pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
  return error == 0 ? absl::OkStatus()
                    : absl::ErrnoToStatus(error, "pthread_setattr_default_np");
}

MemoryUse CurrentMemoryUse() {
  static std::atomic<int64_t> next_look_ns{0};
  static std::atomic<int64_t> used{0};
  static std::atomic<int64_t> limit{0};
  if (!limited.load()) return {};
  const int64_t now = NowNs();
  int64_t next = next_look_ns.load();
  // One looks, the others take what was seen before.
  if (now >= next &&
      next_look_ns.compare_exchange_strong(next, now + kLookIntervalNs)) {
    const MemoryUse use = Look();
    used.store(use.used_bytes);
    limit.store(use.limit_bytes);
  }
  return {used.load(), limit.load()};
}

}  // namespace annod
