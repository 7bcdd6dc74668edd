#include "server/process/line_queue.h"

#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(30);

// A file that takes a line only when it is told to.
struct Sink {
  absl::Notification reached;
  absl::Notification may_write;
  absl::Mutex mu;
  std::vector<std::string> lines;
  bool full = false;

  LineQueue::Options Options(size_t max_bytes) {
    LineQueue::Options options;
    options.max_bytes = max_bytes;
    options.write = [this](const std::string& line) {
      if (!reached.HasBeenNotified()) reached.Notify();
      may_write.WaitForNotification();
      absl::MutexLock lock(&mu);
      if (full) return false;
      lines.push_back(line);
      return true;
    };
    options.lost_line = [](int64_t count) {
      return "lost " + std::to_string(count);
    };
    return options;
  }
};

struct TestCounter {
  std::atomic<uint64_t> cell{0};
  Counter counter() {
    Counter counter;
    counter.cell = &cell;
    return counter;
  }
  double value() const {
    const uint64_t bits = cell.load();
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
  }
};

TEST(LineQueue, WritesInOrder) {
  Sink sink;
  sink.may_write.Notify();
  LineQueue queue(sink.Options(1 << 10));
  queue.Add("a");
  queue.Add("b");
  EXPECT_TRUE(queue.Flush(kPatience));
  EXPECT_THAT(sink.lines, ElementsAre("a", "b"));
}

TEST(LineQueue, WhoAddsDoesNotWaitAndWhatIsLostIsCountedAndTold) {
  Sink sink;
  TestCounter lost;
  LineQueue queue(sink.Options(4));
  queue.Add("aa");
  sink.reached.WaitForNotification();  // it is being written now
  queue.Add("bb");
  queue.Add("cc");
  queue.Add("dd");  // no room
  queue.SetLostCounter(lost.counter());
  EXPECT_EQ(lost.value(), 1);
  queue.Add("ee");
  EXPECT_EQ(lost.value(), 2);
  EXPECT_FALSE(queue.Flush(absl::Milliseconds(1)));
  sink.may_write.Notify();
  EXPECT_TRUE(queue.Flush(kPatience));
  EXPECT_THAT(sink.lines, ElementsAre("aa", "lost 2", "bb", "cc"));
  queue.SetLostCounter({});
}

TEST(LineQueue, WhatCannotBeWrittenIsLostAndToldOfLater) {
  Sink sink;
  TestCounter lost;
  sink.may_write.Notify();
  sink.full = true;
  LineQueue queue(sink.Options(1 << 10));
  queue.SetLostCounter(lost.counter());
  queue.Add("a");
  queue.Add("b");
  EXPECT_TRUE(queue.Flush(kPatience));
  EXPECT_EQ(lost.value(), 2);
  {
    absl::MutexLock lock(&sink.mu);
    sink.full = false;
  }
  queue.Add("c");
  EXPECT_TRUE(queue.Flush(kPatience));
  EXPECT_THAT(sink.lines, ElementsAre("lost 2", "c"));
  queue.SetLostCounter({});
}

TEST(LineQueue, ItsEndDoesNotWaitForAWriteThatDoesNotEnd) {
  // Outlives the test: the thread is left behind in it.
  static auto* const sink = new Sink();
  LineQueue queue(sink->Options(1 << 10));
  queue.Add("a");
  sink->reached.WaitForNotification();
}

}  // namespace
}  // namespace annod
