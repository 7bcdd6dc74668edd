// Workers that map one large index share its pages: what four of them cost
// together.

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/forest/forest_builder.h"
#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr int kDim = 1024;
constexpr int64_t kIndexBytes = 300 << 20;

class LargeSource : public VectorSource {
 public:
  int64_t slot_count() const override { return kIndexBytes / (4 * kDim + 12); }
  bool Get(int64_t id, absl::Span<float> out) const override {
    uint64_t state = id + 1;
    for (float& component : out) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      component = static_cast<float>(state >> 40);
    }
    return true;
  }
};

// Sum over `pids` of the proportional set size, in bytes.
int64_t SummedPss(const std::vector<pid_t>& pids) {
  int64_t sum = 0;
  for (const pid_t pid : pids) {
    std::ifstream rollup(absl::StrCat("/proc/", pid, "/smaps_rollup"));
    std::string word;
    while (rollup >> word) {
      if (word != "Pss:") continue;
      int64_t kilobytes = 0;
      rollup >> kilobytes;
      sum += kilobytes * 1024;
    }
  }
  return sum;
}

TEST(MemorySharingTest, FourWorkersHoldOneCopyOfTheIndex) {
  const std::string directory = NewTempDir();
  const std::string file = directory + "/large.ann";
  ForestBuildOptions build;
  build.metric = Metric::kAngular;
  build.dim = kDim;
  build.tree_count = 2;
  const auto built =
      BuildForest(LargeSource(), build, FileSystem::Posix(), file);
  ASSERT_EQ(built.status(), absl::OkStatus());
  ASSERT_GE(built->bytes, kIndexBytes);

  const auto annod =
      AnnodProcess::Start(directory + "/data", {"--workers=4", "--threads=1"});
  const auto client = MakeClient(annod->grpc_address());
  client::IndexSpec spec;
  spec.index = "large";
  spec.dimension = kDim;
  spec.metric = v1::METRIC_ANGULAR;
  ASSERT_EQ(client->Attach(spec, file).status(), absl::OkStatus());
  // Exact queries over fresh connections, so that every worker touches every
  // page.
  client::QueryOptions exact;
  exact.engine = v1::ENGINE_EXACT;
  exact.n = 1;
  for (int i = 0; i < 40; ++i) {
    const auto answer =
        MakeClient(annod->grpc_address())
            ->GetNns("large", {client::Query::OfItem(i)}, exact);
    ASSERT_EQ(answer.status(), absl::OkStatus());
    ASSERT_EQ(answer->results[0].ids, std::vector<int32_t>{i});
  }
  const std::vector<pid_t> workers = annod->ChildPids("worker");
  ASSERT_EQ(workers.size(), 4);
  const int64_t pss = SummedPss(workers);
  const int64_t index = static_cast<int64_t>(built->bytes);
  std::cout << "index " << (index >> 20) << " MiB, summed PSS of 4 workers "
            << (pss >> 20) << " MiB\n";
  EXPECT_GT(pss, index / 2) << "the workers did not map the index at all";
  EXPECT_LT(pss, index + index / 4 + (100 << 20));
}

}  // namespace
}  // namespace annod::testing
