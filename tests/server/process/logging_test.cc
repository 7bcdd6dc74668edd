#include "server/process/logging.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string Logged(const std::string& level, const std::string& message) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(InitLogging("worker", level).ok());
  spdlog::info("{}", message);
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
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex(".* debug .* loud\n"));
}

TEST(Logging, OtherLevelsAreRefused) {
  EXPECT_EQ(SetLogLevel("loud").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace annod
