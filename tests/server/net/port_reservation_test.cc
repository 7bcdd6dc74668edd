#include "server/net/port_reservation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

ListenAddress Address(const std::string& host, int port) {
  ListenAddress address;
  address.host = host;
  address.port = port;
  return address;
}

std::unique_ptr<PortReservation> Reserve(const ListenAddress& address) {
  absl::StatusOr<std::unique_ptr<PortReservation>> reservation =
      PortReservation::Create(address);
  EXPECT_TRUE(reservation.ok()) << reservation.status();
  return reservation.ok() ? *std::move(reservation) : nullptr;
}

// Listens as a worker does: shared. -1 if it cannot.
int ListenShared(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, 64) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

bool Connects(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool connected =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

TEST(PortReservation, PicksAFreePort) {
  const auto reservation = Reserve(Address("127.0.0.1", 0));
  EXPECT_GT(reservation->address().port, 0);
  EXPECT_EQ(reservation->address().host, "127.0.0.1");
}

TEST(PortReservation, SharingListenersComeInAndItTakesNoConnection) {
  const auto reservation = Reserve(Address("127.0.0.1", 0));
  const int port = reservation->address().port;
  EXPECT_FALSE(Connects(port)) << "nobody listens yet";
  const int first = ListenShared(port);
  const int second = ListenShared(port);
  ASSERT_GE(first, 0);
  ASSERT_GE(second, 0);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Connects(port));
  close(first);
  EXPECT_TRUE(Connects(port));
  close(second);
  EXPECT_FALSE(Connects(port));
}

TEST(PortReservation, ASecondOneIsRefusedBeforeAndAfterListening) {
  const auto reservation = Reserve(Address("127.0.0.1", 0));
  const ListenAddress address = reservation->address();
  for (const bool listening : {false, true}) {
    const int fd = listening ? ListenShared(address.port) : -1;
    const absl::Status status = PortReservation::Create(address).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr(address.ToString()));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("Address already in use"));
    if (fd >= 0) close(fd);
  }
}

TEST(PortReservation, AServerThatSharesItsPortIsNotJoined) {
  const auto reservation = Reserve(Address("127.0.0.1", 0));
  const ListenAddress address = reservation->address();
  const int fd = ListenShared(address.port);
  ASSERT_GE(fd, 0);
  EXPECT_FALSE(PortReservation::Create(address).ok());
  close(fd);
}

TEST(PortReservation, ClosedConnectionsDoNotKeepThePort) {
  ListenAddress address;
  {
    const auto reservation = Reserve(Address("127.0.0.1", 0));
    address = reservation->address();
    const int listener = ListenShared(address.port);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in target = {};
    target.sin_family = AF_INET;
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.sin_port = htons(address.port);
    ASSERT_EQ(
        connect(client, reinterpret_cast<sockaddr*>(&target), sizeof(target)),
        0);
    const int server = accept(listener, nullptr, nullptr);
    ASSERT_GE(server, 0);
    close(server);  // closes first: this side is left in TIME_WAIT
    char byte;
    EXPECT_EQ(recv(client, &byte, 1, 0), 0);
    close(client);
    close(listener);
  }
  EXPECT_TRUE(PortReservation::Create(address).ok());
}

TEST(PortReservation, AddressesThatAreNotOursAreRefused) {
  EXPECT_THAT(
      std::string(
          PortReservation::Create(Address("192.0.2.1", 0)).status().message()),
      HasSubstr("192.0.2.1:0: Cannot assign requested address"));
  EXPECT_THAT(std::string(PortReservation::Create(Address("no.such.invalid", 1))
                              .status()
                              .message()),
              HasSubstr("no.such.invalid:1"));
}

TEST(PortReservation, NamesAreReserved) {
  EXPECT_GT(Reserve(Address("localhost", 0))->address().port, 0);
}

}  // namespace
}  // namespace annod
