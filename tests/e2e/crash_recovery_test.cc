// The whole tree of processes is killed at random moments of adding and
// building; after every restart each acknowledged item is there and the served
// version is whole.

#include <atomic>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr int kKills = 25;

// Fills and builds an index from several threads until told to stop, and
// remembers what was acknowledged.
class Load {
 public:
  Load(const std::string& address, int32_t first_id) : next_id_(first_id) {
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back(
          [this, address, i] { AddUntilStopped(address, i); });
    }
    threads_.emplace_back([this, address] { BuildUntilStopped(address); });
  }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  const std::vector<int32_t>& acknowledged() const { return acknowledged_; }
  int64_t built_version() const { return built_version_; }
  int32_t next_id() const { return next_id_; }

 private:
  // No repeats: a call either was acknowledged before the kill or was not.
  static std::unique_ptr<Client> ImpatientClient(const std::string& address) {
    ClientOptions options;
    options.target = address;
    options.retry_window = absl::ZeroDuration();
    options.timeout = absl::Seconds(2);
    options.stream_timeout = absl::Seconds(5);
    return *Client::Create(options);
  }

  void AddUntilStopped(const std::string& address, int thread) {
    const auto client = ImpatientClient(address);
    std::mt19937 random(thread);
    while (!stop_) {
      const int32_t count = 1 + static_cast<int32_t>(random() % 20);
      const int32_t first = next_id_.fetch_add(count);
      // Paced, so that a fast machine does not spend the test on checking.
      absl::SleepFor(absl::Milliseconds(20));
      if (!AddTestItems(client.get(), "items", first, count).ok()) continue;
      const std::lock_guard<std::mutex> lock(mutex_);
      for (int32_t i = 0; i < count; ++i) acknowledged_.push_back(first + i);
    }
  }

  void BuildUntilStopped(const std::string& address) {
    const auto client = ImpatientClient(address);
    while (!stop_) {
      const auto built = client->Build("items", {});
      if (built.ok()) built_version_ = built->version;
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int32_t> next_id_;
  std::atomic<int64_t> built_version_{0};
  std::mutex mutex_;
  std::vector<int32_t> acknowledged_;
  std::vector<std::thread> threads_;
};

// The kills' moments.
class CrashRecoveryTest : public ::testing::TestWithParam<uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, CrashRecoveryTest,
                         ::testing::Values(20240517, 20240518));

TEST_P(CrashRecoveryTest, NothingAcknowledgedIsLostInTwentyFiveKills) {
  const std::string data_dir = NewTempDir();
  auto annod = AnnodProcess::Start(data_dir, {"--workers=2"});
  ASSERT_EQ(CreateTestIndex(MakeClient(annod->grpc_address()).get(), "items"),
            absl::OkStatus());
  std::mt19937 random(GetParam());
  std::vector<int32_t> acknowledged;
  int64_t version = 0;
  int32_t next_id = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    Load load(annod->grpc_address(), next_id);
    absl::SleepFor(absl::Milliseconds(20 + random() % 400));
    annod->KillTree();
    load.Stop();
    next_id = load.next_id();
    version = std::max(version, load.built_version());
    const std::vector<int32_t>& fresh = load.acknowledged();
    acknowledged.insert(acknowledged.end(), fresh.begin(), fresh.end());

    annod = AnnodProcess::Start(data_dir, {"--workers=2"});
    const auto client = MakeClient(annod->grpc_address());
    const auto info = client->Info("items");
    ASSERT_EQ(info.status(), absl::OkStatus()) << "after kill " << kill;
    ASSERT_GE(info->version, version) << "after kill " << kill;
    ASSERT_TRUE(info->quarantined.empty()) << info->quarantined[0].reason;
    if (info->version > 0) {
      // Whole: every byte as the manifest's checksum says.
      ASSERT_EQ(info->state, v1::INDEX_STATE_SERVING);
      ASSERT_EQ(
          client
              ->Serialize("items", [](absl::string_view,
                                      int64_t) { return absl::OkStatus(); })
              .status(),
          absl::OkStatus());
    }
    if (fresh.empty()) continue;
    // Graphs are made under the load, and this build is to check only.
    client::BuildOptions plain;
    plain.no_graph = true;
    const auto built = client->Build("items", plain);
    ASSERT_EQ(built.status(), absl::OkStatus()) << "after kill " << kill;
    version = built->version;
    const auto missing = MissingItems(client.get(), "items", fresh);
    ASSERT_EQ(missing.status(), absl::OkStatus());
    ASSERT_EQ(missing->size(), 0)
        << "after kill " << kill << " of " << fresh.size()
        << " acknowledged, the first missing is " << missing->front();
  }
  const auto client = MakeClient(annod->grpc_address());
  const auto missing = MissingItems(client.get(), "items", acknowledged);
  ASSERT_EQ(missing.status(), absl::OkStatus());
  EXPECT_EQ(missing->size(), 0);
  EXPECT_GT(acknowledged.size(), 50);
  std::cout << acknowledged.size() << " items acknowledged over " << kKills
            << " kills, none lost; version " << version << "\n";
}

}  // namespace
}  // namespace annod::testing
