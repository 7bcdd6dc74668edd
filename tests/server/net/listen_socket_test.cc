#include "server/net/listen_socket.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

TEST(ListenShared, AnAddressOfAnotherMachineIsNamed) {
  ListenAddress address;
  address.host = "192.0.2.1";  // of documentation, nobody's
  address.port = 7077;
  const auto sockets = ListenShared(address, absl::Seconds(20));
  EXPECT_TRUE(absl::IsUnavailable(sockets.status()));
  EXPECT_THAT(std::string(sockets.status().message()),
              HasSubstr("cannot listen on 192.0.2.1:7077: "));
}

TEST(ListenUnix, APathThatCannotBeASocketIsNamed) {
  const std::string missing = "/proc/none/socket";
  const auto nowhere = ListenUnix(missing);
  EXPECT_TRUE(absl::IsUnavailable(nowhere.status()));
  EXPECT_THAT(std::string(nowhere.status().message()),
              HasSubstr("cannot listen on " + missing));
  const std::string name(108, 'x');
  const auto too_long = ListenUnix(name);
  EXPECT_TRUE(absl::IsInvalidArgument(too_long.status()));
  EXPECT_THAT(std::string(too_long.status().message()),
              HasSubstr(name + " is too long for a socket: 108 bytes, at most "
                               "107"));
}

}  // namespace
}  // namespace annod
