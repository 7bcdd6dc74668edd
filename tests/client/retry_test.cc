// Pauses between the attempts of a call: what ends them?
#include "client/retry.h"

#include <grpcpp/create_channel.h>

#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace annod::client {
namespace {

// Longer than anything here takes.
constexpr absl::Duration kLong = absl::Minutes(4);
const absl::Status kFailed = absl::UnavailableError("nobody there");

std::shared_ptr<grpc::Channel> ChannelTo(int port) {
  return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                             grpc::InsecureChannelCredentials());
}

TEST(RetryPauseTest, EndsWhenAServerIsThere) {
  auto server = std::make_unique<FakeServer>();
  const int port = server->port();
  const auto channel = ChannelTo(port);
  server.reset();
  RetryPause pause(channel, absl::InfiniteFuture(), absl::InfiniteDuration(),
                   kLong);
  const absl::Time start = absl::Now();
  std::thread waits([&] { EXPECT_TRUE(pause.Wait(kFailed)); });
  while (channel->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE &&
         absl::Now() < start + kLong / 2) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  server = std::make_unique<FakeServer>(port);
  waits.join();
  EXPECT_LT(absl::Now() - start, kLong / 2);
}

TEST(RetryPauseTest, LastsWhereTheServerItselfIsUnavailable) {
  FakeServer server;
  const auto channel = ChannelTo(server.port());
  ASSERT_TRUE(
      channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kLong)));
  constexpr absl::Duration kPause = absl::Milliseconds(200);
  RetryPause pause(channel, absl::InfiniteFuture(), absl::InfiniteDuration(),
                   kPause);
  const absl::Time start = absl::Now();
  EXPECT_TRUE(pause.Wait(kFailed));
  EXPECT_GE(absl::Now() - start, kPause / 2);
}

TEST(RetryPauseTest, NoneIsLeftAtTheDeadlineNorForOtherFailures) {
  const auto channel = ChannelTo(1);
  RetryPause pause(channel, absl::Now() + kLong / 4, absl::InfiniteDuration(),
                   kLong);
  EXPECT_FALSE(pause.Wait(kFailed));
  EXPECT_FALSE(pause.Wait(absl::NotFoundError("x")));
  RetryPause given_up(channel, absl::InfiniteFuture(), kLong / 4, kLong);
  EXPECT_FALSE(given_up.Wait(kFailed));
}

}  // namespace
}  // namespace annod::client
