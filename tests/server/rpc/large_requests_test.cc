#include "server/rpc/large_requests.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using Turn = LargeRequests::Turn;

constexpr int64_t kMegabyte = 1 << 20;

grpc::ByteBuffer OfMegabytes(int count) {
  const grpc::Slice slice(std::string(count * kMegabyte, 'x'));
  return grpc::ByteBuffer(&slice, 1);
}

TEST(LargeRequestsTest, SmallOnesDoNotWait) {
  LargeRequests all;
  const Turn large(&all, OfMegabytes(9), 0);
  const Turn small(&all, OfMegabytes(1), 0);
  const Turn none(&all, grpc::ByteBuffer(), 0);
}

TEST(LargeRequestsTest, ThoseThatFitHaveTheirTurnTogether) {
  LargeRequests all;
  const Turn first(&all, OfMegabytes(2), 5 * kMegabyte);
  const Turn second(&all, OfMegabytes(3), 5 * kMegabyte);
}

TEST(LargeRequestsTest, OneThatIsLargerThanTheRoomGoesAlone) {
  LargeRequests all;
  std::optional<Turn> first;
  first.emplace(&all, OfMegabytes(2), kMegabyte);
  absl::Notification has_turn;
  std::thread second([&] {
    const Turn turn(&all, OfMegabytes(2), kMegabyte);
    has_turn.Notify();
  });
  EXPECT_FALSE(has_turn.HasBeenNotified());
  first.reset();
  second.join();
}

TEST(LargeRequestsTest, TheRoomIsNeverExceededAndNobodyIsForgotten) {
  LargeRequests all;
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, megabytes = 2 + i % 4] {
      const grpc::ByteBuffer request = OfMegabytes(megabytes);
      for (int round = 0; round < 50; ++round) {
        const Turn turn(&all, request, 6 * kMegabyte);
        const int sum = now.fetch_add(megabytes) + megabytes;
        int seen = most.load();
        while (sum > seen && !most.compare_exchange_weak(seen, sum)) {
        }
        now.fetch_sub(megabytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), 6);
}

}  // namespace
}  // namespace annod
