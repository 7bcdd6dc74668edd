#include "server/tls/tls_page.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace annod {
namespace {

TlsPair PairOf(char letter, size_t bytes) {
  TlsPair pair;
  pair.certificate = std::string(bytes, letter);
  pair.key = std::string(bytes / 2, letter);
  pair.client_ca = std::string(bytes / 3, letter);
  return pair;
}

TEST(TlsPage, TheOtherEndReadsTheNewest) {
  const auto page = TlsPage::Create();
  ASSERT_TRUE(page.ok()) << page.status();
  const auto reader = TlsPage::FromFd((*page)->fd());
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->Read(), std::nullopt);
  EXPECT_EQ((*reader)->generation(), 0);
  ASSERT_TRUE((*page)->Write(PairOf('a', 5000)).ok());
  ASSERT_TRUE((*page)->Write(PairOf('b', 3000)).ok());
  uint64_t generation = 0;
  const std::optional<TlsPair> pair = (*reader)->Read(&generation);
  ASSERT_TRUE(pair.has_value());
  EXPECT_EQ(generation, 2);
  EXPECT_EQ((*reader)->generation(), 2);
  EXPECT_EQ(pair->certificate, std::string(3000, 'b'));
  EXPECT_EQ(pair->key, std::string(1500, 'b'));
  EXPECT_EQ(pair->client_ca, std::string(1000, 'b'));
}

TEST(TlsPage, WhatIsTooLargeLeavesTheLast) {
  const auto page = TlsPage::Create();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_TRUE((*page)->Write(PairOf('a', 10)).ok());
  EXPECT_FALSE((*page)->Write(PairOf('b', 4 << 20)).ok());
  EXPECT_EQ((*page)->Read()->certificate, std::string(10, 'a'));
}

TEST(TlsPage, NobodyReadsAMixture) {
  const auto page = TlsPage::Create();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_TRUE((*page)->Write(PairOf('a', 1000)).ok());
  std::atomic<bool> stopped{false};
  std::thread writer([&] {
    for (int i = 0; !stopped; ++i) {
      (void)(*page)->Write(
          PairOf(static_cast<char>('a' + i % 26), 1000 + i % 7 * 500));
    }
  });
  int read = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::optional<TlsPair> pair = (*page)->Read();
    if (!pair.has_value()) continue;  // overtaken again and again
    ++read;
    const TlsPair whole =
        PairOf(pair->certificate[0], pair->certificate.size());
    ASSERT_EQ(pair->certificate, whole.certificate);
    ASSERT_EQ(pair->key, whole.key);
    ASSERT_EQ(pair->client_ca, whole.client_ca);
  }
  stopped = true;
  writer.join();
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace annod
