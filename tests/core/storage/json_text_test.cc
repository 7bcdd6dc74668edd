#include "core/storage/json_text.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(JsonTextTest, CountsLevelsAndMembers) {
  struct Case {
    std::string text;
    int nesting;
    int64_t members;
  };
  const std::vector<Case> cases = {
      {"", 0, 0},
      {"1", 0, 0},
      {"[]", 1, 0},
      {R"({"a":[1,{"b":2}],"c":{}})", 3, 3},
      {R"({"a:[\"{":"[[[\\"})", 1, 1},
      {"{\"a\": 1} // [[[[: \"\n/* {{{ ' */ [[]]", 2, 1},
      {std::string(100000, '[') + std::string(100000, ']'), 100000, 0},
      // No JSON at all.
      {"]]]]\"[[[", 0, 0},
      {"\"\\", 0, 0},
      {"/", 0, 0},
      {"/*", 0, 0},
  };
  for (const Case& c : cases) {
    const std::string shown = c.text.substr(0, 40);
    EXPECT_EQ(ShapeOfJson(c.text).nesting, c.nesting) << shown;
    EXPECT_EQ(ShapeOfJson(c.text).member_count, c.members) << shown;
  }
}

TEST(JsonTextTest, FindsANameThatAnObjectHasTwice) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"a":1,"b":{"a":2}})", ""},
      {R"([{"a":1},{"a":2}])", ""},
      {R"({"a":"a","b":["a"]})", ""},
      {R"({"a":1,"b":2,"a":3})", "a"},
      {R"({"c":{"x y":1,"x y":2}})", "x y"},
      {"{\"a\":1, // \"a\":\n\"b\":2}", ""},
  };
  for (const auto& [text, name] : cases) {
    EXPECT_EQ(RepeatedJsonName(text), name) << text;
  }
}

}  // namespace
}  // namespace annod
