#include "core/memory.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr uint64_t kGigabyte = uint64_t{1} << 30;

// What a process with that limit finds; whole megabytes.
int MegabytesUnder(int resource, uint64_t limit) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit both = {limit, limit};
    if (setrlimit(resource, &both) != 0) _exit(1);
    const int megabytes = static_cast<int>(AvailableMemoryBytes() >> 20);
    _exit(write(ends[1], &megabytes, sizeof(megabytes)) ==
                  static_cast<ssize_t>(sizeof(megabytes))
              ? 0
              : 1);
  }
  close(ends[1]);
  int status = 0, megabytes = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read(ends[0], &megabytes, sizeof(megabytes)),
            static_cast<ssize_t>(sizeof(megabytes)));
  close(ends[0]);
  return megabytes;
}

TEST(MemoryTest, IsNoMoreThanTheMachineHas) {
  const uint64_t pages = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES));
  EXPECT_GT(AvailableMemoryBytes(), uint64_t{1} << 20);
  EXPECT_LE(AvailableMemoryBytes(),
            pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
}

TEST(MemoryTest, KeepsToTheLimitsOfTheProcess) {
  for (const int resource : {RLIMIT_DATA, RLIMIT_AS}) {
    const int megabytes = MegabytesUnder(resource, kGigabyte);
    EXPECT_LT(megabytes, 1024) << resource;
    EXPECT_GT(megabytes, 256) << resource;
    EXPECT_EQ(MegabytesUnder(resource, 1), 0) << resource;
  }
}

}  // namespace
}  // namespace annod
