#include "server/config/follow_source.h"

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

TEST(FollowSource, IsADirectoryOrAnAddress) {
  EXPECT_EQ(ParseFollowSource("/mnt/published")->directory, "/mnt/published");
  for (const char* text : {"writer:7077", "grpc://writer:7077"}) {
    const auto source = ParseFollowSource(text);
    ASSERT_TRUE(source.ok()) << text;
    EXPECT_EQ(source->target, "writer:7077");
    EXPECT_FALSE(source->tls);
    EXPECT_EQ(source->directory, "");
  }
  const auto encrypted = ParseFollowSource("grpcs://[::1]:7077");
  ASSERT_TRUE(encrypted.ok());
  EXPECT_EQ(encrypted->target, "[::1]:7077");
  EXPECT_TRUE(encrypted->tls);
  for (const char* text :
       {"", "writer", "writer:", ":7077", "writer:port", "writer:123456",
        "published", "./published", "http://writer:7077", "grpc://writer/x:1",
        "grpc://user@writer:7077", "grpc://two words:7077"}) {
    EXPECT_FALSE(ParseFollowSource(text).ok()) << text;
  }
}

Config Following(const std::string& source) {
  Config config;
  config.data_dir = "/data";
  config.follow = source;
  return config;
}

TEST(FollowSource, ItsSettingsMustGoTogether) {
  EXPECT_TRUE(CheckFollow(Config()).ok());
  EXPECT_TRUE(CheckFollow(Following("/mnt")).ok());
  EXPECT_TRUE(CheckFollow(Following("grpc://writer:7077")).ok());
  const auto said = [](const std::string& source,
                       const std::function<void(Config*)>& edit) {
    Config config = Following(source);
    edit(&config);
    return std::string(CheckFollow(config).message());
  };
  EXPECT_THAT(said("", [](Config* c) { c->writer_address = "w:1"; }),
              HasSubstr("setting writer_address"));
  EXPECT_THAT(said("", [](Config* c) { c->follow_in_place = true; }),
              HasSubstr("setting follow_in_place"));
  EXPECT_THAT(said("w:1", [](Config* c) { c->follow_in_place = true; }),
              HasSubstr("setting follow_in_place"));
  EXPECT_THAT(said("nowhere", [](Config*) {}), HasSubstr("'nowhere'"));
  EXPECT_THAT(said("/data", [](Config*) {}), HasSubstr("is data_dir"));
  EXPECT_THAT(said("grpc://w:1", [](Config* c) { c->follow_tls_roots = "/c"; }),
              HasSubstr("grpcs://"));
  EXPECT_THAT(
      said("grpcs://w:1", [](Config* c) { c->follow_tls_certificate = "/c"; }),
      HasSubstr("setting follow_tls_key"));
  EXPECT_THAT(said("grpcs://w:1", [](Config* c) { c->follow_tls_key = "/k"; }),
              HasSubstr("setting follow_tls_certificate"));
  // A token does not travel in plain text.
  const auto with_token = [](Config* c) { c->follow_token_file = "/token"; };
  EXPECT_THAT(said("grpc://w:1", with_token), HasSubstr("--insecure"));
  EXPECT_EQ(said("grpcs://w:1", with_token), "");
  EXPECT_EQ(said("grpc://127.0.0.1:1", with_token), "");
}

TEST(FollowSource, TheWriterIsTheSourceUnlessItIsNamed) {
  EXPECT_EQ(WriterAddressOf(Config()), "");
  EXPECT_EQ(WriterAddressOf(Following("/mnt")), "");
  Config config = Following("grpcs://writer:7077");
  EXPECT_EQ(WriterAddressOf(config), "writer:7077");
  config.writer_address = "other:1";
  EXPECT_EQ(WriterAddressOf(config), "other:1");
}

}  // namespace
}  // namespace annod
