#include "server/tls/tls_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

std::string FreshPath(const std::string& name) {
  const std::string path = ::testing::TempDir() + "/" + name;
  unlink(path.c_str());
  return path;
}

std::string FreshFile(const std::string& name, const std::string& text) {
  const std::string path = FreshPath(name);
  std::ofstream(path) << text;
  return path;
}

TEST(TlsFiles, AllAreReadAndTheCaOnlyIfThereIsOne) {
  TlsPaths paths = {FreshFile("pair.crt", "certificate"),
                    FreshFile("pair.key", "key"), ""};
  auto texts = ReadTlsTexts(paths);
  ASSERT_TRUE(texts.ok()) << texts.status();
  EXPECT_EQ(texts->certificate, "certificate");
  EXPECT_EQ(texts->key, "key");
  EXPECT_EQ(texts->client_ca, "");
  paths.client_ca = FreshFile("ca.crt", "ca");
  texts = ReadTlsTexts(paths);
  ASSERT_TRUE(texts.ok()) << texts.status();
  EXPECT_EQ(texts->client_ca, "ca");
}

// They are looked at again while annod serves.
TEST(TlsFiles, WhatIsNoFileIsNamedAndNotWaitedFor) {
  const std::string good = FreshFile("good.pem", "text");
  const std::string fifo = FreshPath("fifo.pem");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const TlsPaths& paths :
       {TlsPaths{fifo, good, good}, TlsPaths{good, fifo, good},
        TlsPaths{good, good, fifo}}) {
    const absl::Status status = ReadTlsTexts(paths).status();
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(fifo + "': it is a FIFO, expected a regular file"));
  }
}

TEST(TlsFiles, AKeyThatEverybodyMayReadIsWarnedOf) {
  const std::string key = FreshFile("mode.key", "key");
  ASSERT_EQ(chmod(key.c_str(), 0644), 0);
  EXPECT_THAT(KeyFileWarning(key), HasSubstr(key + ": mode 0644 lets"));
  ASSERT_EQ(chmod(key.c_str(), 0640), 0);
  EXPECT_EQ(KeyFileWarning(key), "");
  EXPECT_EQ(KeyFileWarning(key + ".none"), "");
}

}  // namespace
}  // namespace annod
