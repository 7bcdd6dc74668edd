#include "server/process/log_line.h"

#include <limits>
#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::Pair;

LogEvent Event(absl::string_view message, LogFields fields = {}) {
  LogEvent event;
  event.time = absl::FromUnixMillis(1714564800123);
  event.level = "info";
  event.role = "worker";
  event.pid = 4711;
  event.message = message;
  event.fields = std::move(fields);
  return event;
}

// The line as JSON; a null if it is none, or more than one line.
json Parsed(const std::string& line) {
  if (line.empty() || line.find('\n') != line.size() - 1) return nullptr;
  return json::parse(line, nullptr, /*allow_exceptions=*/false);
}

TEST(LogLine, TextHasTimeLevelRoleProcessMessageAndFields) {
  EXPECT_EQ(TextLine(Event("index loaded", {{"index", "words"},
                                            {"ms", int64_t{12}},
                                            {"s", 0.0125},
                                            {"why", "a \"b\" \\ c"},
                                            {"none", ""}})),
            "2024-05-01T12:00:00.123Z info worker[4711] index loaded "
            "index=words ms=12 s=0.013 why=\"a \\\"b\\\" \\\\ c\" none=\"\"\n");
}

TEST(LogLine, JsonHasTheSame) {
  EXPECT_EQ(
      JsonLine(Event("index loaded",
                     {{"index", "words"}, {"ms", int64_t{12}}, {"s", 0.0125}})),
      "{\"time\":\"2024-05-01T12:00:00.123Z\",\"level\":\"info\",\"role\":"
      "\"worker\",\"pid\":4711,\"message\":\"index loaded\",\"index\":"
      "\"words\",\"ms\":12,\"s\":0.013}\n");
}

TEST(LogLine, WhateverBytesComeALineIsOneLineAndOneObject) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  for (const std::string& hostile :
       {all, std::string("\xff\xfe\xc0\x80\xed\xa0\x80"),
        std::string("\n{\"level\":\"error\"}\n"),
        std::string("\"}\r\n{\"a\":1"), std::string(1, '\0'),
        std::string(1 << 20, '\n')}) {
    const LogEvent event = Event(hostile, {{"key", hostile}, {hostile, "x"}});
    const json object = Parsed(JsonLine(event));
    ASSERT_TRUE(object.is_object());
    EXPECT_EQ(object["level"], "info");
    const std::string text = TextLine(event);
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
  EXPECT_TRUE(
      Parsed(JsonLine(
                 Event("m", {{"x", std::numeric_limits<double>::infinity()}})))
          .is_object());
}

TEST(LogLine, NoFieldTakesThePlaceOfAnother) {
  const json object = Parsed(JsonLine(
      Event("m", {{"level", "error"}, {"index", "a"}, {"index", "b"}})));
  EXPECT_EQ(object["level"], "info");
  EXPECT_EQ(object["event_level"], "error");
  EXPECT_EQ(object["index"], "a");
}

TEST(TakeFields, FindsPhraseAndFields) {
  LogFields fields;
  EXPECT_EQ(TakeFields("index loaded index=12 version=7 seconds=0.250 "
                       "mode=0640x error=\"NOT_FOUND: no 'x'\"",
                       &fields),
            "index loaded");
  EXPECT_THAT(fields,
              ElementsAre(Pair("index", LogValue("12")),
                          Pair("version", LogValue(int64_t{7})),
                          Pair("seconds", LogValue(0.25)),
                          Pair("mode", LogValue("0640x")),
                          Pair("error", LogValue("NOT_FOUND: no 'x'"))));
}

TEST(TakeFields, NothingInAQuotedValueIsAField) {
  LogFields fields;
  EXPECT_EQ(
      TakeFields("failed error=\"x\" level=\"error\" index=\"y\"", &fields),
      "failed");
  EXPECT_THAT(fields, ElementsAre(Pair(
                          "error", LogValue("x\" level=\"error\" index=\"y"))));
}

TEST(TakeFields, WordsAfterAFieldAreADetail) {
  LogFields fields;
  EXPECT_EQ(TakeFields("a=1 and b=2", &fields), "");
  EXPECT_THAT(fields, ElementsAre(Pair("a", LogValue(int64_t{1})),
                                  Pair("detail", LogValue("and b=2"))));
}

TEST(TakeFields, TakesWhatHasNone) {
  for (const std::string message :
       {"stopped", "", "a = b", "Key=1", "=", "x==", "http://a?b=c"}) {
    LogFields fields;
    const std::string phrase = TakeFields(message, &fields);
    if (message != "x==") {
      EXPECT_EQ(phrase, message);
      EXPECT_TRUE(fields.empty()) << message;
    }
  }
}

TEST(TakeFields, AnUnendedQuoteGoesToTheEnd) {
  LogFields fields;
  TakeFields("failed error=\"abc", &fields);
  EXPECT_THAT(fields, ElementsAre(Pair("error", LogValue("abc"))));
}

}  // namespace
}  // namespace annod
