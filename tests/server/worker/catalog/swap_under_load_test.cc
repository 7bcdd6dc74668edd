// Versions swapped and workers killed while calls never cease: what callers
// see, and what it leaves in memory.
#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kDim = 16;
constexpr int kItems = 3000;
constexpr int kCallers = 3;
constexpr int kSwapsWithRestart = 50;
constexpr int kSwaps = 200;
constexpr int kWarmUpSwaps = 20;

// A number of /proc/<pid>/status, in bytes.
int64_t StatusBytes(pid_t pid, const std::string& name) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  while (status >> word) {
    if (word != name) continue;
    int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return -1;
}

// How many pieces of versions a process maps.
int VersionMappings(pid_t pid) {
  std::ifstream maps(absl::StrCat("/proc/", pid, "/maps"));
  std::string line;
  int count = 0;
  while (std::getline(maps, line))
    count += absl::StrContains(line, "/versions/");
  return count;
}

class SwapUnderLoadTest : public testing::Test {
 protected:
  SwapUnderLoadTest()
      : cluster_(/*workers=*/2, [](Config* config) {
          config->drain_delay = absl::ZeroDuration();
        }) {
    cluster_.StartAll();
    EXPECT_TRUE(CreateIndex(&cluster_, "a", kDim, v1::METRIC_EUCLIDEAN).ok());
    EXPECT_TRUE(AddRandomItems(&cluster_, "a", kDim, 0, kItems).ok());
    EXPECT_TRUE(Build(&cluster_, "a").ok());
    EXPECT_TRUE(Build(&cluster_, "a").ok());
    client_ = NewClient();
  }
  ~SwapUnderLoadTest() override { EndLoad(); }

  std::unique_ptr<Client> NewClient() const {
    ClientOptions options;
    options.target = cluster_.address();
    return *Client::Create(options);
  }

  void BeginLoad() {
    for (int caller = 0; caller < kCallers; ++caller) {
      callers_.emplace_back([this, caller] { CallOnAndOn(caller); });
    }
  }

  void EndLoad() {
    stop_ = true;
    for (std::thread& caller : callers_) caller.join();
    callers_.clear();
  }

  void CallOnAndOn(int caller) {
    const std::unique_ptr<Client> client = NewClient();
    client::QueryOptions options;
    options.n = 5;
    for (int item = caller; !stop_; item = (item + kCallers) % kItems) {
      const auto answer =
          client->GetNns("a", {client::Query::OfItem(item)}, options);
      ++calls_;
      if (!answer.ok()) {
        ADD_FAILURE() << answer.status();
      } else {
        EXPECT_EQ(answer->results[0].ids.size(), 5);
      }
    }
  }

  void Activate(int64_t version) {
    const auto info = client_->Activate("a", version);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->version, version);
  }

  Cluster cluster_;
  std::unique_ptr<Client> client_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> calls_{0};
  std::vector<std::thread> callers_;
};

TEST_F(SwapUnderLoadTest, NoCallFailsWhileVersionsSwapAndWorkersDie) {
  BeginLoad();
  for (int i = 0; i < kSwapsWithRestart; ++i) {
    Activate(1 + i % 2);
    const int victim = i % 2;
    cluster_.KillWorker(victim);
    cluster_.StartWorker(victim);
    ASSERT_TRUE(Eventually(
        [&] { return cluster_.Metric("annod_worker_ready", {}) == 2; }));
  }
  EndLoad();
  EXPECT_GT(calls_, 10 * kSwapsWithRestart);
  std::cout << calls_ << " calls through " << kSwapsWithRestart
            << " swaps and restarts\n";
}

TEST_F(SwapUnderLoadTest, MemoryStaysFlat) {
  BeginLoad();
  int64_t before[2];
  for (int i = 0; i < kSwaps; ++i) {
    if (i == kWarmUpSwaps) {
      for (int slot = 0; slot < 2; ++slot) {
        before[slot] = StatusBytes(cluster_.WorkerPid(slot), "RssAnon:");
      }
    }
    Activate(1 + i % 2);
  }
  EndLoad();
  for (int slot = 0; slot < 2; ++slot) {
    const pid_t pid = cluster_.WorkerPid(slot);
    // Forest, graph and labels of one version.
    EXPECT_TRUE(Eventually([&] { return VersionMappings(pid) <= 4; }))
        << VersionMappings(pid);
    EXPECT_GT(VersionMappings(pid), 0);
    const int64_t after = StatusBytes(pid, "RssAnon:");
    std::cout << "anonymous memory " << before[slot] / 1024 << " KiB after "
              << kWarmUpSwaps << " swaps, " << after / 1024 << " KiB after "
              << kSwaps << "\n";
    EXPECT_LT(after - before[slot], 8 << 20);
  }
}

}  // namespace
}  // namespace annod
