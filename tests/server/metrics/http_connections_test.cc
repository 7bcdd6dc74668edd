#include "server/metrics/http_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "gtest/gtest.h"

namespace annod {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Both ends of a connection.
class Pair {
 public:
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds_.data()), 0); }
  ~Pair() {
    for (const int fd : fds_) close(fd);
  }
  int fd() const { return fds_[0]; }
  bool closed() const {
    char byte;
    return recv(fds_[1], &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  std::array<int, 2> fds_ = {-1, -1};
};

TEST(HttpConnectionsTest, TheOldestThatHasNotAskedMakesRoom) {
  HttpConnections connections({3, hours(1), hours(1)});
  std::array<Pair, 4> pairs;
  for (int i = 0; i < 3; ++i) {
    connections.MakeRoom();
    connections.Add(pairs[i].fd());
  }
  connections.GotRequest(pairs[0].fd());
  for (const Pair& pair : pairs) EXPECT_FALSE(pair.closed());
  connections.MakeRoom();
  EXPECT_FALSE(pairs[0].closed());
  EXPECT_TRUE(pairs[1].closed());
  EXPECT_FALSE(pairs[2].closed());
  // One that is being closed counts no more.
  connections.MakeRoom();
  EXPECT_FALSE(pairs[2].closed());
  connections.Remove(pairs[1].fd());
  EXPECT_EQ(connections.count(), 2);
}

TEST(HttpConnectionsTest, WhenAllHaveAskedTheOldestMakesRoom) {
  HttpConnections connections({2, hours(1), hours(1)});
  std::array<Pair, 2> pairs;
  for (const Pair& pair : pairs) {
    connections.Add(pair.fd());
    connections.GotRequest(pair.fd());
  }
  connections.MakeRoom();
  EXPECT_TRUE(pairs[0].closed());
  EXPECT_FALSE(pairs[1].closed());
}

TEST(HttpConnectionsTest, EachStepHasItsTime) {
  HttpConnections connections({10, seconds(0), hours(1)});
  Pair silent;
  Pair asked;
  connections.Add(silent.fd());
  connections.Add(asked.fd());
  connections.GotRequest(asked.fd());
  connections.CloseLate();
  EXPECT_TRUE(silent.closed());
  EXPECT_FALSE(asked.closed());
}

}  // namespace
}  // namespace annod
