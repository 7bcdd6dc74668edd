// Graph files that earlier programs wrote open, and answer as they did.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/forest/random.h"
#include "core/graph/graph_index.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/testing/temp_dir.h"
#include "xxhash.h"

namespace annod {
namespace {

struct OldGraph {
  std::string name;  // of the file in tests/testdata/graphs
  Metric metric;
  int dim;
  int items;
  int format;
  // XXH3-64 of its answers. They change with searches, not with formats: the
  // dot and euclidean ones are of when searches began with 32 rows.
  uint64_t answers;
};

const OldGraph kOldGraphs[] = {
    {"format-1-angular", Metric::kAngular, 24, 120, 1, 0x74bfa7743573e80f},
    {"format-1-dot", Metric::kDot, 24, 120, 1, 0xaad2da17bbcfd18e},
    {"format-2-euclidean", Metric::kEuclidean, 192, 1000, 2,
     0x6a7f6b4944cb0d0d},
    {"format-3-angular", Metric::kAngular, 24, 120, 3, 0x74bfa7743573e80f},
    {"format-3-dot", Metric::kDot, 24, 120, 3, 0x6ab4c29299dace16},
};

// Along six directions, the same numbers on every machine.
std::vector<std::vector<float>> OldRows(int count, int dim, uint64_t seed) {
  Kiss64 random(seed);
  const auto draw = [&random] {
    return static_cast<float>(static_cast<int>(random.Index(2001)) - 1000) /
           1000;
  };
  constexpr int kDirections = 6;
  std::vector<std::vector<float>> directions(kDirections);
  Kiss64 fixed(7);
  for (std::vector<float>& direction : directions) {
    for (int i = 0; i < dim; ++i) {
      direction.push_back(static_cast<float>(fixed.Index(201)) / 100 - 1);
    }
  }
  std::vector<std::vector<float>> rows(count);
  for (std::vector<float>& row : rows) {
    for (int i = 0; i < dim; ++i) row.push_back(draw() / 100);
    for (const std::vector<float>& direction : directions) {
      const float along = draw();
      for (int i = 0; i < dim; ++i) row[i] += along * direction[i];
    }
  }
  return rows;
}

GraphBuildOptions OldOptions() {
  GraphBuildOptions options;
  options.degree = options.hard_degree = options.companions = 6;
  return options;
}

// What is answered to twenty queries by three beams.
uint64_t AnswersOf(const GraphIndex& graph, const OldGraph& old) {
  std::vector<Neighbor> found;
  const SearchScratchPtr scratch = NewSearchScratch();
  std::string answers;
  for (const auto& query : OldRows(20, old.dim, 11)) {
    for (const int beam : {1, 10, 30}) {
      SearchOptions options;
      options.n = 5;
      options.beam = beam;
      EXPECT_TRUE(
          graph.Search(query, options, scratch.get(), &found, nullptr).ok());
      for (const Neighbor& one : found) {
        absl::StrAppend(&answers, one.id, " ");
      }
    }
  }
  return XXH3_64bits(answers.data(), answers.size());
}

TEST(OldFormatsTest, AnswerAsEver) {
  for (const OldGraph& old : kOldGraphs) {
    const ForestAndGraph both =
        BuildBoth(MemoryVectors(OldRows(old.items, old.dim, 5)), old.metric,
                  old.dim, OldOptions());
    const std::string path =
        absl::StrCat("tests/testdata/graphs/", old.name, ".graph");
    EXPECT_EQ(FileContents(path)[8], old.format) << old.name;
    const auto graph = GraphIndex::Open(FileSystem::Posix(), path, both.index,
                                        /*verify=*/true, Prefault::kNone);
    ASSERT_TRUE(graph.ok()) << graph.status();
    EXPECT_EQ(AnswersOf(**graph, old), old.answers) << old.name;
  }
}

}  // namespace
}  // namespace annod
