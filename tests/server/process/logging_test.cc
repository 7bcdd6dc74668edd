#include "server/process/logging.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/process/log_context.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string Logged(const std::string& level, const std::string& message) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(InitLogging("worker", level).ok());
  spdlog::info("{}", message);
  FlushLog();
  return testing::internal::GetCapturedStderr();
}

TEST(Logging, ALineHasTimeLevelRoleProcessAndMessage) {
  EXPECT_THAT(Logged("info", "index loaded index=words"),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9.]+Z info "
                           "worker\\[[0-9]+\\] index loaded index=words\n"));
}

TEST(Logging, ControlCharactersCannotForgeALine) {
  EXPECT_THAT(Logged("info", "name=a\nb\x1b[0m\r"),
              HasSubstr("name=a\\nb\\x1b[0m\\x0d\n"));
}

TEST(Logging, TheLevelChangesAtRunTime) {
  EXPECT_EQ(Logged("warning", "quiet"), "");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(SetLogLevel("debug").ok());
  spdlog::debug("loud");
  EXPECT_TRUE(SetLogLevel("error").ok());
  spdlog::warn("quiet");
  FlushLog();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex(".* debug .* loud\n"));
}

TEST(Logging, OtherLevelsAndFormatsAreRefused) {
  EXPECT_EQ(SetLogLevel("loud").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(InitLogging("worker", "info", "xml").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Logging, JsonLinesHaveFieldsAndTheIdOfTheRequest) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(InitLogging("writer", "info", "json").ok());
  {
    const LogContext context("abc-1");
    spdlog::warn("index failed index={} error=\"{}\"", "a\nb",
                 "x\" level=\"error\xff");
    LogWithFields("info", "two texts", {{"a", "b c"}, {"d", "e\"f"}});
    LogWithFields("debug", "not logged", {});
    LogAudit({{"method", "Build"}});
  }
  spdlog::info("stopped");
  FlushLog();
  const std::string out = testing::internal::GetCapturedStderr();
  std::vector<nlohmann::json> lines;
  for (const absl::string_view line :
       absl::StrSplit(out, '\n', absl::SkipEmpty())) {
    lines.push_back(nlohmann::json::parse(line));
  }
  ASSERT_EQ(lines.size(), 4u) << out;
  EXPECT_EQ(lines[0]["message"], "index failed");
  EXPECT_EQ(lines[0]["level"], "warning");
  EXPECT_EQ(lines[0]["role"], "writer");
  EXPECT_EQ(lines[0]["index"], "a\nb");
  EXPECT_EQ(lines[0]["error"], "x\" level=\"error\xef\xbf\xbd");
  EXPECT_EQ(lines[0]["request_id"], "abc-1");
  EXPECT_EQ(lines[1]["d"], "e\"f");
  EXPECT_EQ(lines[2]["message"], "audit");
  EXPECT_EQ(lines[2]["method"], "Build");
  EXPECT_EQ(lines[3]["message"], "stopped");
  EXPECT_EQ(lines[3].count("request_id"), 0u);
}

TEST(Logging, AnAuditLineOfATextLogEndsInOneObjectWhateverTheLevel) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(InitLogging("worker", "error").ok());
  LogAudit({{"method", "Build"}, {"index", "a b\n"}});
  FlushLog();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("] audit {\"method\":\"Build\",\"index\":\"a b"));
}

// Standard error of this process is a full pipe meanwhile.
TEST(Logging, APipeThatNobodyReadsStopsNobody) {
  ASSERT_TRUE(InitLogging("worker", "info").ok());
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const int before = dup(STDERR_FILENO);
  ASSERT_EQ(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
  // The pipe holds 64 KiB, the queue a MiB.
  const std::string text(1000, 'x');
  for (int i = 0; i < 3000; ++i) spdlog::info("{} {}", i, text);
  // What came until then can be read, and then that something is missing.
  std::string out;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) {
      out.append(buffer, static_cast<size_t>(got));
    }
  });
  for (int i = 0; i < 30; ++i) {  // each waits for a second at most
    FlushLog();
  }
  spdlog::info("after");
  FlushLog();
  dup2(before, STDERR_FILENO);
  close(before);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  EXPECT_THAT(out, HasSubstr("] 0 xxx"));
  EXPECT_THAT(out, HasSubstr("log lines dropped, nobody read them in time "
                             "count="));
}

}  // namespace
}  // namespace annod
