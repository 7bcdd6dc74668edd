#include "server/access/live_access.h"

#include <unistd.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "server/access/access_memory.h"

namespace annod {
namespace {

constexpr char kOne[] = R"({"identities": [{"name": "one", "role": "read"}]})";
constexpr char kTwo[] = R"({"identities": [{"name": "two", "role": "read"}]})";

class LiveAccessTest : public testing::Test {
 protected:
  LiveAccessTest() : memory_(*CreateAccessMemory(kOne)) {}
  ~LiveAccessTest() override { close(memory_); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  const std::string path_ = testing::TempDir() + "/live_access.json";
  const int memory_;
};

std::string NameOf(const LiveAccess& live) {
  return live.Get()->policy->identities().front().name;
}

TEST_F(LiveAccessTest, MemoryHoldsTheTextWhateverIsIn) {
  for (const std::string& text :
       {std::string(), std::string(kOne), std::string(100000, '\0')}) {
    const int fd = CreateAccessMemory(text).value();
    EXPECT_EQ(*ReadAccessMemory(fd), text);
    EXPECT_EQ(*ReadAccessMemory(fd), text);
    close(fd);
  }
  EXPECT_FALSE(ReadAccessMemory(-1).ok());
}

TEST_F(LiveAccessTest, MemoryThatIsTooLargeIsRefusedWithSizeAndLimit) {
  ASSERT_EQ(ftruncate(memory_, 4194305), 0);
  const absl::Status status = ReadAccessMemory(memory_).status();
  EXPECT_EQ(status.message(),
            "access memory holds 4194305 bytes; limit 4194304");
}

TEST_F(LiveAccessTest, TheFileGoesBeforeWhatWasHandedOn) {
  Write(kTwo);
  const auto live = LiveAccess::Open(path_, memory_);
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(NameOf(**live), "two");
  EXPECT_EQ((*live)->Get()->text, kTwo);
  EXPECT_FALSE((*live)->is_refused());
}

TEST_F(LiveAccessTest, WhatWasHandedOnHoldsUntilTheFileIsMended) {
  Write("{");
  EXPECT_FALSE(LiveAccess::Open(path_).ok());
  const auto live = LiveAccess::Open(path_, memory_);
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(NameOf(**live), "one");
  EXPECT_TRUE((*live)->is_refused());
  (*live)->LookAgain();
  EXPECT_EQ(NameOf(**live), "one");
  EXPECT_TRUE((*live)->is_refused());
  Write(kTwo);
  (*live)->LookAgain();
  EXPECT_EQ(NameOf(**live), "two");
  EXPECT_FALSE((*live)->is_refused());
}

TEST_F(LiveAccessTest, WhatWasHandedOnIsReadAsAFileIs) {
  const int bad = CreateAccessMemory("{").value();
  const auto live = LiveAccess::Open(path_ + ".none", bad);
  EXPECT_NE(live.status().message().find("live_access.json.none"),
            std::string::npos)
      << live.status();
  close(bad);
}

}  // namespace
}  // namespace annod
