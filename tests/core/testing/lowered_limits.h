#ifndef ANNOD_TESTS_CORE_TESTING_LOWERED_LIMITS_H_
#define ANNOD_TESTS_CORE_TESTING_LOWERED_LIMITS_H_

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstddef>

#include "gtest/gtest.h"

namespace annod {

// While it lives, this process and those it starts may hold `data_bytes` of
// memory that is not a file's (RLIMIT_DATA: heap, thread stacks, writable data
// of libraries; pages of mapped files do not count). Threads started meanwhile
// by such processes have small stacks, since each one counts in full.
class LoweredLimits {
 public:
  explicit LoweredLimits(rlim_t data_bytes) {
    Lower(RLIMIT_DATA, data_bytes, &data_);
    Lower(RLIMIT_STACK, kStackBytes, &stack_);
    // It does bite.
    void* const all = mmap(nullptr, data_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_EQ(all, MAP_FAILED);
    if (all != MAP_FAILED) munmap(all, data_bytes);
  }
  ~LoweredLimits() {
    setrlimit(RLIMIT_DATA, &data_);
    setrlimit(RLIMIT_STACK, &stack_);
  }
  LoweredLimits(const LoweredLimits&) = delete;
  LoweredLimits& operator=(const LoweredLimits&) = delete;

 private:
  static constexpr rlim_t kStackBytes = rlim_t{512} << 10;

  static void Lower(int resource, rlim_t bytes, rlimit* before) {
    ASSERT_EQ(getrlimit(resource, before), 0);
    const rlimit lowered = {bytes, before->rlim_max};
    ASSERT_EQ(setrlimit(resource, &lowered), 0);
  }

  rlimit data_;
  rlimit stack_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_LOWERED_LIMITS_H_
