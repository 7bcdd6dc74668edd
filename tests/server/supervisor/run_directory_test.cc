#include "server/supervisor/run_directory.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

std::string NewDataDir() {
  std::string path = ::testing::TempDir() + "/run_directory_XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

TEST(RunDirectoryTest, IsForItsUserAloneWhoeverMadeIt) {
  const std::string data_dir = NewDataDir();
  const std::string path = data_dir + "/.run";
  ASSERT_EQ(mkdir(path.c_str(), 0755), 0);
  const auto directory = RunDirectory::Open(data_dir, absl::ZeroDuration());
  ASSERT_TRUE(directory.ok()) << directory.status();
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700);
}

TEST(RunDirectoryTest, ProcessesOfAPreviousAnnodAreWaitedForAndThenNamed) {
  const std::string data_dir = NewDataDir();
  auto first = RunDirectory::Open(data_dir, absl::ZeroDuration());
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::Time start = absl::Now();
  const absl::Duration patience = absl::Milliseconds(100);
  const absl::Status status = RunDirectory::Open(data_dir, patience).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(data_dir + "/.run: processes of a previous annod are "
                                   "still running"));
  EXPECT_GE(absl::Now() - start, patience);
  std::thread second([&] {
    EXPECT_TRUE(RunDirectory::Open(data_dir, absl::Minutes(1)).ok());
  });
  first->reset();
  second.join();
}

TEST(RunDirectoryTest, WhatCannotBeOneIsNamed) {
  const std::string data_dir = NewDataDir();
  const std::string path = data_dir + "/.run";
  ASSERT_EQ(symlink("/", path.c_str()), 0);
  for (const std::string& wrong : {data_dir, data_dir + "/none"}) {
    const absl::Status status =
        RunDirectory::Open(wrong, absl::ZeroDuration()).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong + "/.run"));
  }
}

// Makes a file of this name in the directory.
bool Make(int directory, const char* name) {
  const int fd = openat(directory, name, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

std::string PathOf(int fd) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
}

TEST(RunDirectoryTest, OneThatIsFineStays) {
  const auto directory = RunDirectory::Open(NewDataDir(), absl::ZeroDuration());
  ASSERT_TRUE(directory.ok()) << directory.status();
  const std::string path = PathOf((*directory)->fd());
  (*directory)->Renew();
  EXPECT_EQ(PathOf((*directory)->fd()), path);
  EXPECT_TRUE(std::filesystem::is_empty(path));
}

TEST(RunDirectoryTest, OneThatSomebodyRemovedIsMadeAgain) {
  const std::string data_dir = NewDataDir();
  const auto directory = RunDirectory::Open(data_dir, absl::ZeroDuration());
  ASSERT_TRUE(directory.ok()) << directory.status();
  const int fd = (*directory)->fd();
  std::filesystem::remove_all(data_dir + "/.run");
  ASSERT_FALSE(Make(fd, "worker-0.sock"));
  (*directory)->Renew();
  EXPECT_EQ((*directory)->fd(), fd);
  EXPECT_TRUE(Make(fd, "worker-0.sock"));
  EXPECT_TRUE(std::filesystem::exists(data_dir + "/.run/worker-0.sock"));
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  // The next annod waits for processes that have it, as for any.
  EXPECT_TRUE(absl::IsUnavailable(
      RunDirectory::Open(data_dir, absl::ZeroDuration()).status()));
}

TEST(RunDirectoryTest, OneThatIsReadOnlyIsReplacedElsewhere) {
  const std::string data_dir = NewDataDir();
  auto directory = RunDirectory::Open(data_dir, absl::ZeroDuration());
  ASSERT_TRUE(directory.ok()) << directory.status();
  const int fd = (*directory)->fd();
  ASSERT_TRUE(Make(fd, "worker-0.sock"));
  // A file system may refuse root, too; here another user stands for that.
  ASSERT_EQ(fchmod(fd, 0555), 0);
  ASSERT_EQ(chmod(data_dir.c_str(), 0755), 0);
  const int own = setfsuid(65534);
  (*directory)->Renew();
  setfsuid(static_cast<uid_t>(own));
  const std::string elsewhere = PathOf(fd);
  EXPECT_THAT(elsewhere, HasSubstr("/annod-run-"));
  EXPECT_TRUE(Make(fd, "writer.sock"));
  // Those who listen there already can be reached here.
  EXPECT_EQ(std::filesystem::read_symlink(elsewhere + "/worker-0.sock"),
            data_dir + "/.run/worker-0.sock");
  ASSERT_EQ(chmod((data_dir + "/.run").c_str(), 0700), 0);
  EXPECT_TRUE(absl::IsUnavailable(
      RunDirectory::Open(data_dir, absl::ZeroDuration()).status()));
  struct stat info;
  ASSERT_EQ(stat(elsewhere.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700);
  directory->reset();
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

}  // namespace
}  // namespace annod
