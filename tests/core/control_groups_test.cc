// What a container grants, read from files as the kernel shows them there.
#include "core/control_groups.h"

#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "core/cpu_count.h"
#include "core/memory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

constexpr uint64_t kMiB = 1 << 20;

// A /proc and a /sys of their own.
class FakeFiles {
 public:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file(root() + path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  const std::string& root() const { return directory_.path(); }

 private:
  const TempDir directory_;
};

class ControlGroupsTest : public testing::Test {
 protected:
  // What UsableCpus() finds, as "count source".
  std::string Usable() const {
    const CpuCount cpus = UsableCpus(groups_.root());
    return std::to_string(cpus.count) + " " + cpus.source;
  }

  // One processor, which follows from `source` unless there is no other here.
  static std::string One(const char* source) {
    const FakeFiles unlimited;
    const CpuCount here = UsableCpus(unlimited.root());
    return std::string("1 ") + (here.count == 1 ? here.source : source);
  }

  FakeFiles groups_;
};

TEST_F(ControlGroupsTest, WithoutLimitsItIsTheMachine) {
  groups_.Write("/proc/self/cgroup", "0::/\n");
  groups_.Write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  EXPECT_EQ(UsableCpus(groups_.root()).count, CPU_COUNT(&set));
}

TEST_F(ControlGroupsTest, FollowsTheAffinity) {
  std::string found;
  std::thread([&] {  // a thread's affinity is its own
    cpu_set_t set;
    ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &set)) ++cpu;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
    found = Usable();
  })
      .join();
  EXPECT_EQ(found, One("cpuset"));
}

TEST_F(ControlGroupsTest, FollowsTheQuotaOfVersion2) {
  groups_.Write("/proc/self/cgroup", "0::/\n");
  groups_.Write("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(Usable(), One("quota"));
  groups_.Write("/sys/fs/cgroup/cpu.max", "100000 100000\n");
  EXPECT_EQ(Usable(), One("quota"));
  // A half more is worth a thread.
  groups_.Write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_NE(Usable(), "1 quota");
}

TEST_F(ControlGroupsTest, FollowsTheQuotaOfEveryGroupAboveIt) {
  groups_.Write("/proc/self/cgroup", "0::/pods/pod7/annod\n");
  groups_.Write("/sys/fs/cgroup/pods/pod7/annod/cpu.max", "max 100000\n");
  groups_.Write("/sys/fs/cgroup/pods/pod7/cpu.max", "20000 100000\n");
  EXPECT_EQ(Usable(), One("quota"));
}

TEST_F(ControlGroupsTest, FollowsTheQuotaOfVersion1) {
  groups_.Write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n1:name=x:/\n");
  // As a container sees it: its own group is the root of what is mounted.
  groups_.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
  groups_.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Usable(), One("quota"));
  groups_.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  EXPECT_NE(Usable(), "1 quota");
}

TEST_F(ControlGroupsTest, FilesThatSayNothingUsefulLimitNothing) {
  groups_.Write("/proc/self/cgroup", "0::/\nnonsense\n");
  for (const char* text : {"", "max", "-5 100000", "0 0", "50000", "x y"}) {
    groups_.Write("/sys/fs/cgroup/cpu.max", text);
    EXPECT_GE(UsableCpus(groups_.root()).count, 1) << text;
    EXPECT_STRNE(UsableCpus(groups_.root()).source, "quota") << text;
  }
}

TEST_F(ControlGroupsTest, MemoryIsTheLimitOfVersion2) {
  groups_.Write("/proc/meminfo",
                "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n");
  groups_.Write("/proc/self/cgroup", "0::/annod\n");
  EXPECT_EQ(MemoryBoundOf(groups_.root()).bytes, 8192 * kMiB);
  EXPECT_STREQ(MemoryBoundOf(groups_.root()).source, "machine");
  groups_.Write("/sys/fs/cgroup/annod/memory.max", "536870912\n");
  groups_.Write("/sys/fs/cgroup/annod/memory.current", "314572800\n");
  groups_.Write("/sys/fs/cgroup/annod/memory.stat",
                "file 209715200\ninactive_file 104857600\n");
  EXPECT_EQ(MemoryBoundOf(groups_.root()).bytes, 512 * kMiB);
  EXPECT_STREQ(MemoryBoundOf(groups_.root()).source, "control group");
  // 300 MiB are used, 100 of them pages of files that give way.
  EXPECT_EQ(AvailableMemoryBytes(groups_.root()), 312 * kMiB);
}

TEST_F(ControlGroupsTest, MemoryIsTheLimitOfVersion1) {
  groups_.Write("/proc/meminfo",
                "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n");
  groups_.Write("/proc/self/cgroup", "4:memory:/docker/abc\n0::/\n");
  groups_.Write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes",
                "9223372036854771712\n");
  EXPECT_EQ(MemoryBoundOf(groups_.root()).bytes, 8192 * kMiB);
  groups_.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  groups_.Write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "209715200\n");
  groups_.Write("/sys/fs/cgroup/memory/memory.stat",
                "inactive_file 1\ntotal_inactive_file 52428800\n");
  EXPECT_EQ(MemoryBoundOf(groups_.root()).bytes, 256 * kMiB);
  EXPECT_EQ(AvailableMemoryBytes(groups_.root()), 106 * kMiB);
}

TEST_F(ControlGroupsTest, GroupsAreLookedAtFromTheProcessUp) {
  groups_.Write("/proc/self/cgroup", "3:cpu,cpuacct:/a\n0::/b/c:d\n");
  EXPECT_THAT(
      ControlGroupDirectories("cpu", groups_.root()),
      testing::ElementsAre(groups_.root() + "/sys/fs/cgroup/b/c:d",
                           groups_.root() + "/sys/fs/cgroup/b",
                           groups_.root() + "/sys/fs/cgroup",
                           groups_.root() + "/sys/fs/cgroup/unified/b/c:d",
                           groups_.root() + "/sys/fs/cgroup/unified/b",
                           groups_.root() + "/sys/fs/cgroup/unified",
                           groups_.root() + "/sys/fs/cgroup/cpu,cpuacct/a",
                           groups_.root() + "/sys/fs/cgroup/cpu,cpuacct",
                           groups_.root() + "/sys/fs/cgroup/cpu/a",
                           groups_.root() + "/sys/fs/cgroup/cpu"));
}

}  // namespace
}  // namespace annod
