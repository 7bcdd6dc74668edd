#include "server/audit/request_ids.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr char kTrace[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(RequestIds, TakesWhatIsSafeInALog) {
  for (const std::string good :
       {"a", "req-1.2_3:4/5+6=", "0123456789", "{}[]<>"}) {
    EXPECT_TRUE(IsRequestId(good)) << good;
  }
  EXPECT_TRUE(IsRequestId(std::string(128, 'x')));
  EXPECT_FALSE(IsRequestId(std::string(129, 'x')));
  for (const std::string bad :
       {"", " ", "a b", "a\n", "a\"b", "a\\b", "\x1b[0m", "\xc3\xa4", "\x7f"}) {
    EXPECT_FALSE(IsRequestId(bad)) << bad;
  }
  EXPECT_FALSE(IsRequestId(std::string("a\0b", 3)));
}

TEST(RequestIds, TakesTraceParentsAsW3cHasThem) {
  const std::string trace = kTrace;
  EXPECT_TRUE(IsTraceParent(trace));
  EXPECT_TRUE(IsTraceParent("01" + trace.substr(2) + "-more"));
  const std::vector<std::string> wrong = {
      "",
      "00",
      trace.substr(1),
      trace + "0",
      trace + "-more",
      "ff" + trace.substr(2),
      "0x" + trace.substr(2),
      "00-" + std::string(32, '0') + trace.substr(35),
      trace.substr(0, 36) + std::string(16, '0') + "-01",
      trace.substr(0, 53) + "0g",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
      std::string(55, '-'),
      "01" + trace.substr(2) + "more",
      "01" + trace.substr(2) + "-a\nb",
      "01" + trace.substr(2) + "-" + std::string(200, 'a')};
  for (const std::string& text : wrong)
    EXPECT_FALSE(IsTraceParent(text)) << text;
}

TEST(RequestIds, TheTraceIdIsPartOfTheParent) {
  RequestIds ids;
  EXPECT_EQ(ids.trace_id(), "");
  ids.trace_parent = kTrace;
  EXPECT_EQ(ids.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(RequestIds, NewOnesAreValidAndUnlikeEachOther) {
  constexpr int kEach = 2000;
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < kEach; ++i) ids.push_back(NewRequestId());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : made) {
    for (const std::string& id : ids) {
      EXPECT_TRUE(IsRequestId(id));
      EXPECT_EQ(id.size(), 13u);
      all.insert(id);
    }
  }
  EXPECT_EQ(all.size(), made.size() * kEach);
}

}  // namespace
}  // namespace annod
