#include "core/thread_limits.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t kNobody = 65534;

struct Ending {
  int status;  // of waitpid()
  std::string printed;
};

// Runs `work` in a process whose standard error is kept.
Ending InChild(const std::function<void()>& work) {
  int fds[2];
  EXPECT_EQ(pipe(fds), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fds[1], STDERR_FILENO);
    // An exception that nobody catches, as in main().
    [&]() noexcept { work(); }();
    _exit(0);
  }
  close(fds[1]);
  Ending ending;
  char buffer[4096];
  for (ssize_t got; (got = read(fds[0], buffer, sizeof(buffer))) > 0;) {
    ending.printed.append(buffer, got);
  }
  close(fds[0]);
  EXPECT_EQ(waitpid(pid, &ending.status, 0), pid);
  return ending;
}

TEST(ThreadLimitsTest, AThreadTooManyNamesTheLimits) {
  const Ending ending = InChild([] {
    ExplainThreadFailures();
    // Root may have any number.
    if (geteuid() == 0) (void)!setuid(kNobody);
    const rlimit one = {1, 1};
    setrlimit(RLIMIT_NPROC, &one);
    const rlimit small = {size_t{1} << 20, size_t{1} << 20};
    // Where there is no other user to become.
    if (geteuid() == 0) setrlimit(RLIMIT_AS, &small);
    std::thread([] {}).join();
  });
  ASSERT_TRUE(WIFEXITED(ending.status)) << ending.printed;
  EXPECT_EQ(WEXITSTATUS(ending.status), 1);
  EXPECT_THAT(ending.printed,
              HasSubstr("cannot start another thread: the user may have 1 "
                        "threads and processes (ulimit -u"));
}

TEST(ThreadLimitsTest, OtherExceptionsEndTheProcessAsEver) {
  const Ending ending = InChild([] {
    ExplainThreadFailures();
    throw std::runtime_error("something else");
  });
  EXPECT_TRUE(WIFSIGNALED(ending.status));
  EXPECT_THAT(ending.printed, HasSubstr("something else"));
  EXPECT_THAT(ending.printed, Not(HasSubstr("thread")));
}

TEST(ThreadLimitsTest, AllLimitsThereAreAreNamed) {
  EXPECT_THAT(ThreadLimits(), HasSubstr("ulimit -u"));
  EXPECT_THAT(ThreadLimits(), HasSubstr("kernel.threads-max"));
}

}  // namespace
}  // namespace annod
