#include "server/worker/open_connections.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

TEST(OpenConnectionsTest, ThoseThatWereClosedMakeRoom) {
  OpenConnections open;
  std::vector<int> sockets;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(open.HasRoom(3));
    sockets.push_back(NewSocket());
    open.Add(sockets.back());
  }
  EXPECT_FALSE(open.HasRoom(3));
  EXPECT_TRUE(open.HasRoom(4));
  close(sockets[1]);
  EXPECT_TRUE(Eventually([&] { return open.HasRoom(3); }));
  EXPECT_EQ(open.Count(), 2);
  close(sockets[0]);
  close(sockets[2]);
  EXPECT_EQ(open.Count(), 0);
}

TEST(OpenConnectionsTest, AnotherThingByTheSameNumberIsNotTheConnection) {
  OpenConnections open;
  const int fd = NewSocket();
  open.Add(fd);
  close(fd);
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(file, fd);
  EXPECT_EQ(open.Count(), 0);
  close(file);
}

TEST(OpenConnectionsTest, AnotherSocketByTheSameNumberIsNotTheConnection) {
  OpenConnections open;
  const int fd = NewSocket();
  open.Add(fd);
  close(fd);
  const int other = NewSocket();
  ASSERT_EQ(other, fd);
  EXPECT_EQ(open.Count(), 0);
  close(other);
}

}  // namespace
}  // namespace annod
