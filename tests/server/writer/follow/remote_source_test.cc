#include "server/writer/follow/remote_source.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class RemoteSourceTest : public ::testing::Test {
 protected:
  // Where nobody listens.
  absl::Status List() const {
    FollowSource source;
    source.target = "127.0.0.1:1";
    source.tls = !config_.follow_tls_roots.empty();
    return RemoteSource(config_, source).List().status();
  }

  TempDir dir_;
  Config config_;
};

TEST_F(RemoteSourceTest, ATokenIsOneWord) {
  config_.follow_token_file = dir_.Path("token");
  for (const char* text : {"one\ntwo\n", "one two", "t\xc3\xb6ken", "\x01"}) {
    OverwriteFile(config_.follow_token_file, text);
    const absl::Status status = List();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text << ": " << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(config_.follow_token_file));
  }
  OverwriteFile(config_.follow_token_file, " one \n");
  EXPECT_TRUE(absl::IsUnavailable(List()));
}

TEST_F(RemoteSourceTest, FilesThatAreMissingAreNamed) {
  config_.follow_token_file = dir_.Path("no-token");
  EXPECT_THAT(std::string(List().message()), HasSubstr("no-token"));
  config_.follow_token_file.clear();
  config_.follow_tls_roots = dir_.Path("no-roots");
  EXPECT_THAT(std::string(List().message()), HasSubstr("no-roots"));
}

}  // namespace
}  // namespace annod
