#include "server/supervisor/run_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
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

}  // namespace
}  // namespace annod
