#include "server/rpc/large_requests.h"

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
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

bool NeverCancelled() { return false; }

// Of a caller who waits as long as it takes.
absl::StatusOr<Turn> PatientTurn(LargeRequests* all,
                                 const grpc::ByteBuffer& request,
                                 int64_t room) {
  return all->AwaitTurn(request, room, absl::InfiniteFuture(), NeverCancelled);
}

TEST(LargeRequestsTest, SmallOnesDoNotWait) {
  LargeRequests all;
  const auto large = PatientTurn(&all, OfMegabytes(9), 0);
  EXPECT_TRUE(PatientTurn(&all, OfMegabytes(1), 0).ok());
  EXPECT_TRUE(PatientTurn(&all, grpc::ByteBuffer(), 0).ok());
  // Nor do they give up.
  EXPECT_TRUE(all.AwaitTurn(OfMegabytes(1), 0, absl::InfinitePast(),
                            [] { return true; })
                  .ok());
}

TEST(LargeRequestsTest, ThoseThatFitHaveTheirTurnTogether) {
  LargeRequests all;
  const auto first = PatientTurn(&all, OfMegabytes(2), 5 * kMegabyte);
  const auto second = PatientTurn(&all, OfMegabytes(3), 5 * kMegabyte);
  EXPECT_TRUE(second.ok());
}

TEST(LargeRequestsTest, OneThatIsLargerThanTheRoomGoesAlone) {
  LargeRequests all;
  std::optional<Turn> first =
      PatientTurn(&all, OfMegabytes(2), kMegabyte).value();
  absl::Notification has_turn;
  std::thread second([&] {
    const auto turn = PatientTurn(&all, OfMegabytes(2), kMegabyte);
    has_turn.Notify();
  });
  EXPECT_FALSE(has_turn.HasBeenNotified());
  first.reset();
  second.join();
}

TEST(LargeRequestsTest, WhoseDeadlinePassesEndsAndKeepsNobodyWaiting) {
  LargeRequests all;
  const int64_t room = 5 * kMegabyte;
  const auto first = PatientTurn(&all, OfMegabytes(3), room);
  EXPECT_EQ(all.AwaitTurn(OfMegabytes(3), room, absl::Now(), NeverCancelled)
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
  const absl::Time deadline = absl::Now() + absl::Milliseconds(50);
  EXPECT_EQ(all.AwaitTurn(OfMegabytes(3), room, deadline, NeverCancelled)
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(absl::Now(), deadline);
  EXPECT_TRUE(PatientTurn(&all, OfMegabytes(2), room).ok());
}

TEST(LargeRequestsTest, WhoIsCancelledEndsAndThoseBehindHimComeNext) {
  LargeRequests all;
  const int64_t room = 5 * kMegabyte;
  const auto first = PatientTurn(&all, OfMegabytes(3), room);
  std::atomic<bool> cancelled{false};
  absl::Notification waits;
  std::thread second([&] {
    const auto turn =
        all.AwaitTurn(OfMegabytes(3), room, absl::InfiniteFuture(), [&] {
          if (!waits.HasBeenNotified()) waits.Notify();
          return cancelled.load();
        });
    EXPECT_EQ(turn.status().code(), absl::StatusCode::kCancelled);
  });
  waits.WaitForNotification();
  // There is room for it, but another one came before.
  EXPECT_FALSE(all.AwaitTurn(OfMegabytes(2), room,
                             absl::Now() + absl::Milliseconds(50),
                             NeverCancelled)
                   .ok());
  std::thread third(
      [&] { EXPECT_TRUE(PatientTurn(&all, OfMegabytes(2), room).ok()); });
  cancelled = true;
  second.join();
  third.join();
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
        const auto turn = PatientTurn(&all, request, 6 * kMegabyte);
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
