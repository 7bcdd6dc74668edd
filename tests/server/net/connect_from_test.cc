#include "server/net/connect_from.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/net/listen_socket.h"
#include "server/net/port_reservation.h"

namespace annod {
namespace {

class ConnectFromTest : public testing::Test {
 protected:
  void SetUp() override {
    ListenAddress address;
    address.host = "127.0.0.1";
    auto reservation = PortReservation::Create(address);
    ASSERT_TRUE(reservation.ok()) << reservation.status();
    reservation_ = *std::move(reservation);
    for (std::vector<int>& sockets : listeners_) {
      auto listening = ListenShared(reservation_->address(), absl::Seconds(20));
      ASSERT_TRUE(listening.ok()) << listening.status();
      sockets = *std::move(listening);
      ASSERT_EQ(sockets.size(), 1);
    }
    target_ = ResolveAddress(reservation_->address())->front();
  }
  void TearDown() override {
    for (const std::vector<int>& sockets : listeners_) {
      for (const int fd : sockets) close(fd);
    }
  }

  // Which of the two got the connection.
  int Taker() {
    for (int attempt = 0;; attempt = 1 - attempt) {
      const int fd = accept4(listeners_[attempt][0], nullptr, nullptr, 0);
      if (fd < 0) continue;
      close(fd);
      return attempt;
    }
  }

  std::unique_ptr<PortReservation> reservation_;
  std::vector<int> listeners_[2];
  SocketAddress target_;
};

TEST_F(ConnectFromTest, OnePortLeadsToTheSameListenerEachTime) {
  bool reached[2] = {};
  int reached_again = 0;
  const auto enough = [&] {
    return reached[0] && reached[1] && reached_again > 0;
  };
  for (int i = 0; i < 100 && !enough(); ++i) {
    auto first = ConnectFrom(target_, 0, absl::Seconds(1));
    ASSERT_TRUE(first.ok()) << first.status();
    const int taker = Taker();
    reached[taker] = true;
    close(first->fd);
    for (int again = 0; again < 3; ++again) {
      auto next = ConnectFrom(target_, first->source_port, absl::Seconds(1));
      // Somebody else on this machine may have the port, too, for connections
      // to elsewhere.
      if (absl::IsUnavailable(next.status())) break;
      ASSERT_TRUE(next.ok()) << next.status();
      EXPECT_EQ(next->source_port, first->source_port);
      EXPECT_EQ(Taker(), taker);
      close(next->fd);
      ++reached_again;
    }
  }
  EXPECT_TRUE(reached[0] && reached[1]);
  EXPECT_GT(reached_again, 0);
}

TEST_F(ConnectFromTest, WhereNobodyListensItIsUnavailable) {
  TearDown();
  for (std::vector<int>& sockets : listeners_) sockets.clear();
  EXPECT_TRUE(
      absl::IsUnavailable(ConnectFrom(target_, 0, absl::Seconds(1)).status()));
}

TEST(ReachableFromHere, TheAddressThatMeansAllIsThisMachine) {
  ListenAddress all;
  all.host = "0.0.0.0";
  all.port = 7077;
  const SocketAddress reached = ReachableFromHere(ResolveAddress(all)->front());
  char text[INET_ADDRSTRLEN] = {};
  const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&reached.storage);
  inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
  EXPECT_STREQ(text, "127.0.0.1");
  EXPECT_EQ(ntohs(v4->sin_port), 7077);
}

TEST(ReachableFromHere, SoIsThatOfIpv6AndOthersStay) {
  for (const auto& [host, wanted] :
       {std::pair("::", "::1"), std::pair("::1", "::1"),
        std::pair("2001:db8::7", "2001:db8::7")}) {
    SocketAddress address;
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    address.size = sizeof(*v6);
    ASSERT_EQ(inet_pton(AF_INET6, host, &v6->sin6_addr), 1);
    const SocketAddress reached = ReachableFromHere(address);
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(
        AF_INET6,
        &reinterpret_cast<const sockaddr_in6*>(&reached.storage)->sin6_addr,
        text, sizeof(text));
    EXPECT_STREQ(text, wanted);
  }
}

}  // namespace
}  // namespace annod
