#include "server/supervisor/orphans.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/supervisor/spawned_process.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// Orphans come to this process, as they do to the first one of a container.
class OrphansTest : public testing::Test {
 protected:
  OrphansTest() { EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }
  ~OrphansTest() override { prctl(PR_SET_CHILD_SUBREAPER, 0); }

  // A process that ends at once and whose parent, a child of ours that is taken
  // up here, has ended before.
  static void LeaveOrphan() {
    const pid_t parent = fork();
    if (parent == 0) {
      const pid_t self = getpid();
      if (fork() == 0) {
        while (getppid() == self) usleep(1000);
      }
      _exit(0);
    }
    ASSERT_EQ(waitpid(parent, nullptr, 0), parent);
  }

  static std::unique_ptr<SpawnedProcess> Spawn(const std::string& script) {
    SpawnCommand command;
    command.program = "/bin/sh";
    command.arguments = {"sh", "-c", script};
    absl::StatusOr<std::unique_ptr<SpawnedProcess>> process =
        SpawnedProcess::Start(command);
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }
};

TEST_F(OrphansTest, AreTakenUp) {
  LeaveOrphan();
  LeaveOrphan();
  int count = 0;
  EXPECT_TRUE(Eventually([&] {
    count += ReapOrphans([](pid_t) { return false; });
    return count == 2;
  }));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "nothing is left";
}

TEST_F(OrphansTest, TheEndOfAChildOfOursIsNotTaken) {
  const auto child = Spawn("exit 7");
  const auto ours = [&](pid_t pid) { return pid == child->pid(); };
  LeaveOrphan();
  // Whichever ended first: the other is found when ours has been taken up.
  int count = 0;
  std::optional<ProcessEnd> end;
  EXPECT_TRUE(Eventually([&] {
    count += ReapOrphans(ours);
    if (!end) end = child->TryReap();
    return end.has_value() && count == 1;
  }));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->Cause(), "exit_7");
}

TEST_F(OrphansTest, LivingOnesAreNotWaitedFor) {
  const auto child = Spawn("sleep 1000");
  EXPECT_EQ(ReapOrphans([](pid_t) { return false; }), 0);
  child->Signal(SIGKILL);
}

}  // namespace
}  // namespace annod
