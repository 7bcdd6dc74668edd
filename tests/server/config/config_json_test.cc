// Configuration files that are JSON and yet no settings.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/config.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

TEST(ConfigJson, NestingAndRepeatedSettingsAreRefused) {
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"// \"it's\n{\"workers\": " + deep + "}",
       "nested more than 64 levels deep"},
      {deep, "nested more than 64 levels deep"},
      {"{\"workers\": 3, \"threads\": 1, \"workers\": 4}",
       "'workers' is given more than once"},
  };
  for (const auto& [text, message] : cases) {
    Config config;
    const absl::Status status = MergeConfigJson(text, &config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
    EXPECT_EQ(ConfigToJson(config), ConfigToJson(Config())) << message;
  }
}

}  // namespace
}  // namespace annod
