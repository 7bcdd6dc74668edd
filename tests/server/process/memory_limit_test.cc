#include "server/process/memory_limit.h"

#include <pthread.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr int64_t kLimit = int64_t{512} << 20;
constexpr size_t kPiece = 1 << 20;

[[noreturn]] void Exit(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::_Exit(*why == '\0' ? 0 : 1);
}

MemoryUse FreshUse() {
  absl::SleepFor(absl::Milliseconds(30));
  return CurrentMemoryUse();
}

// In a process of its own: the limit stays.
[[noreturn]] void FillAndFree() {
  if (!SetMemoryLimit(kLimit).ok()) Exit("the limit is refused");
  if (FreshUse().limit_bytes != kLimit) Exit("another limit");
  if (FreshUse().is_short()) Exit("short with nothing");
  std::vector<void*> pieces;
  pieces.reserve(kLimit / kPiece);
  while (pieces.size() < 400) pieces.push_back(std::malloc(kPiece - 64));
  if (FreshUse().is_short()) Exit("short with 400 of 512 MiB");
  while (pieces.size() < 470) pieces.push_back(std::malloc(kPiece - 64));
  if (!FreshUse().is_short()) Exit("not short with 470 of 512 MiB");
  void* last = nullptr;
  while ((last = std::malloc(kPiece - 64)) != nullptr) pieces.push_back(last);
  if (pieces.size() > 512) Exit("more than the limit");
  for (void* piece : pieces) std::free(piece);
  if (FreshUse().is_short()) Exit("short after all was freed");
  Exit("");
}

TEST(MemoryLimitTest, NearTheLimitMemoryIsShortAndAfterwardsNot) {
  EXPECT_EXIT(FillAndFree(), testing::ExitedWithCode(0), "");
}

[[noreturn]] void StartThreads() {
  if (!SetMemoryLimit(kLimit).ok()) Exit("the limit is refused");
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([] { absl::SleepFor(absl::Milliseconds(50)); });
  }
  for (std::thread& thread : threads) thread.join();
  Exit("");
}

TEST(MemoryLimitTest, AHundredThreadsTakeLessThanHalfAGibibyte) {
  EXPECT_EXIT(StartThreads(), testing::ExitedWithCode(0), "");
}

TEST(MemoryLimitTest, WithoutALimitItIsNeverShort) {
  EXPECT_TRUE(SetMemoryLimit(0).ok());
  EXPECT_EQ(CurrentMemoryUse().limit_bytes, 0);
  EXPECT_FALSE(CurrentMemoryUse().is_short());
}

}  // namespace
}  // namespace annod
