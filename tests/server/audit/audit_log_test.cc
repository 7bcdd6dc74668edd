#include "server/audit/audit_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/open_file.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::json;

constexpr absl::Duration kPatience = absl::Seconds(30);

class AuditLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string directory = ::testing::TempDir() + "/audit_XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    path_ = directory + "/audit.log";
  }

  static std::vector<json> LinesOf(const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    std::vector<json> lines;
    for (const absl::string_view line :
         absl::StrSplit(text.str(), '\n', absl::SkipEmpty())) {
      lines.push_back(json::parse(line, nullptr, /*allow_exceptions=*/false));
    }
    return lines;
  }

  std::string path_;
};

TEST_F(AuditLogTest, WritesALineInJsonEach) {
  AuditLog log(path_);
  EXPECT_TRUE(log.enabled());
  log.Write({{"method", "Build"}, {"index", "a\nb\xff"}});
  log.Write({{"method", "DropIndex"}});
  ASSERT_TRUE(log.Flush(kPatience));
  const std::vector<json> lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["method"], "Build");
  EXPECT_EQ(lines[0]["index"], "a\nb\xef\xbf\xbd");
  EXPECT_EQ(lines[0]["time"].get<std::string>().back(), 'Z');
  EXPECT_EQ(lines[1]["method"], "DropIndex");
}

TEST_F(AuditLogTest, HasThePermissionsOfDataFiles) {
  SetFileMode(0640);
  AuditLog log(path_);
  log.Write({{"method", "Build"}});
  ASSERT_TRUE(log.Flush(kPatience));
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0027, 0u);
}

TEST_F(AuditLogTest, GoesOnInANewFileAfterARotation) {
  AuditLog log(path_);
  log.Write({{"n", int64_t{1}}});
  ASSERT_TRUE(log.Flush(kPatience));
  ASSERT_EQ(rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  log.Reopen();
  log.Write({{"n", int64_t{2}}});
  ASSERT_TRUE(log.Flush(kPatience));
  ASSERT_EQ(LinesOf(path_ + ".1").size(), 1u);
  const std::vector<json> lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["n"], 2);
}

TEST_F(AuditLogTest, AppendsToWhatOthersWrite) {
  AuditLog one(path_);
  AuditLog other(path_);
  for (int64_t i = 0; i < 200; ++i) {
    one.Write({{"text", std::string(500, 'a')}, {"n", i}});
    other.Write({{"text", std::string(700, 'b')}, {"n", i}});
  }
  ASSERT_TRUE(one.Flush(kPatience));
  ASSERT_TRUE(other.Flush(kPatience));
  const std::vector<json> lines = LinesOf(path_);
  EXPECT_EQ(lines.size(), 400u);
  for (const json& line : lines) EXPECT_TRUE(line.is_object());
}

TEST_F(AuditLogTest, WhatCannotBeWrittenIsDroppedAndToldLater) {
  AuditLog log("/dev/full");
  log.Write({{"n", int64_t{1}}});
  EXPECT_TRUE(log.Flush(kPatience));  // no device is written to either
  EXPECT_FALSE(AuditLog::Check("/dev/full").ok());
  AuditLog later(path_ + ".d/audit.log");
  later.Write({{"n", int64_t{1}}});
  later.Write({{"n", int64_t{2}}});
  ASSERT_TRUE(later.Flush(kPatience));
  ASSERT_EQ(mkdir((path_ + ".d").c_str(), 0700), 0);
  later.Write({{"n", int64_t{3}}});
  ASSERT_TRUE(later.Flush(kPatience));
  const std::vector<json> lines = LinesOf(path_ + ".d/audit.log");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["message"], "audit lines dropped");
  EXPECT_EQ(lines[0]["count"], 2);
  EXPECT_EQ(lines[1]["n"], 3);
}

TEST_F(AuditLogTest, ChecksItsFile) {
  EXPECT_TRUE(AuditLog::Check("off").ok());
  EXPECT_TRUE(AuditLog::Check("log").ok());
  EXPECT_TRUE(AuditLog::Check(path_).ok());
  EXPECT_FALSE(AuditLog::Check(path_ + "/x").ok());
  ASSERT_EQ(mkfifo((path_ + ".fifo").c_str(), 0600), 0);
  EXPECT_FALSE(AuditLog::Check(path_ + ".fifo").ok());
  AuditLog fifo(path_ + ".fifo");
  fifo.Write({{"n", int64_t{1}}});
  EXPECT_TRUE(fifo.Flush(kPatience));
  EXPECT_FALSE(AuditLog("off").enabled());
}

}  // namespace
}  // namespace annod
