// A file four times as large as the memory annodctl may have becomes an index.
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/lowered_limits.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

constexpr int kDim = 512;
constexpr int kRows = 65536;
constexpr size_t kDataBytes = size_t{kRows} * kDim * sizeof(float);  // 128 MiB

// Cheap and different enough: bits of a multiplicative generator.
void WriteVectors(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  std::vector<float> row(kDim);
  uint64_t state = 1;
  for (int i = 0; i < kRows; ++i) {
    for (float& component : row) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      component = static_cast<float>(state >> 40) / (1 << 24) - 0.5f;
    }
    out.write(reinterpret_cast<const char*>(&kDim), sizeof(kDim));
    out.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size() * sizeof(float)));
  }
  ASSERT_TRUE(out.good());
}

TEST(MemoryLimitTest, BuildsAFileOfFourTimesItsMemory) {
  const TempDir dir;
  const std::string vectors = dir.Path("vectors.fvecs");
  const std::string index = dir.Path("index.ann");
  WriteVectors(vectors);
  {
    const LoweredLimits limits(kDataBytes / 4);
    const RunResult built = RunAnnodctl(
        {"file", "build", vectors, "--metric", "angular", "--output", index,
         "--trees", "4", "--threads", "2", "--json"});
    ASSERT_EQ(built.exit_status, 0) << built.out << built.err;
    EXPECT_EQ(built.Json()["n_items"], kRows);
    EXPECT_GT(built.Json()["file_bytes"], kDataBytes);
  }
  const RunResult nearest =
      RunAnnodctl({"file", "query", index, "--metric", "angular", "--dim",
                   std::to_string(kDim), "--item", std::to_string(kRows - 1),
                   "--n", "1", "--json"});
  ASSERT_EQ(nearest.exit_status, 0) << nearest.out;
  EXPECT_EQ(nearest.Json()["ids"], nlohmann::json::array({kRows - 1}));
}

}  // namespace
}  // namespace annod
