// Replays through annodctl what the original libraries answered from their
// files. All queries are replayed in-process by the core's test; here a sample
// of each file bounds the number of processes.
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/annoy/golden_index.h"

namespace annod {
namespace {

using nlohmann::json;

constexpr size_t kQueriesPerFile = 3;

class GoldenFilesTest : public testing::TestWithParam<std::string> {
 protected:
  static json Run(const GoldenIndex& golden, const std::string& command,
                  const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "file",      command,
        golden.path, "--json",
        "--dim",     std::to_string(golden.dim),
        "--metric",  std::string(MetricName(golden.metric))};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const RunResult result = RunAnnodctl(arguments);
    EXPECT_EQ(result.exit_status, 0) << golden.name << ": " << result.out;
    EXPECT_EQ(result.err, "") << golden.name;
    const json document = result.Json();
    EXPECT_TRUE(document.is_object()) << result.out;
    return document;
  }
};

TEST_P(GoldenFilesTest, InfoTellsTheShape) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    const json info = Run(golden, "info", {});
    if (!golden.layout.empty()) {
      EXPECT_EQ(info["layout"], golden.layout) << golden.name;
    }
    EXPECT_EQ(info["n_items"], golden.slot_count) << golden.name;
    EXPECT_EQ(info["item_count"], golden.item_count) << golden.name;
    EXPECT_EQ(info["n_trees"], golden.tree_count) << golden.name;
    EXPECT_EQ(info["annoy_n_trees"], golden.annoy_tree_count) << golden.name;
    EXPECT_EQ(info["metric"], std::string(MetricName(golden.metric)));
    EXPECT_EQ(info["dim"], golden.dim);
    EXPECT_EQ(info["file_bytes"], golden.bytes.size()) << golden.name;
    EXPECT_EQ(golden.header_bytes + info["n_nodes"].get<size_t>() *
                                        info["node_bytes"].get<size_t>(),
              golden.bytes.size())
        << golden.name;
  }
}

TEST_P(GoldenFilesTest, QueriesGiveTheRecordedAnswers) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    const size_t step =
        std::max<size_t>(1, golden.queries.size() / kQueriesPerFile);
    for (size_t q = 0; q < golden.queries.size(); q += step) {
      const GoldenIndex::Query& query = golden.queries[q];
      std::vector<std::string> arguments = {"--n", std::to_string(query.n),
                                            "--search_k",
                                            std::to_string(query.search_k)};
      if (query.item >= 0) {
        arguments.push_back("--item");
        arguments.push_back(std::to_string(query.item));
      } else {
        arguments.push_back("--vector");
        arguments.push_back(VectorText(query.vector));
      }
      const json answer = Run(golden, "query", arguments);
      const std::string what = golden.name + " query " + std::to_string(q);
      EXPECT_EQ(answer["ids"].get<std::vector<int32_t>>(), query.ids) << what;
      const auto distances = answer["distances"].get<std::vector<float>>();
      ASSERT_EQ(distances.size(), query.distances.size()) << what;
      for (size_t i = 0; i < distances.size(); ++i) {
        EXPECT_TRUE(
            IsGoldenDistance(golden.metric, distances[i], query.distances[i]))
            << what << ": " << distances[i] << " for " << query.distances[i];
      }
    }
  }
}

TEST_P(GoldenFilesTest, DistanceAndVectorGiveTheRecordedValues) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    if (!golden.pairs.empty()) {
      const GoldenIndex::Pair& pair = golden.pairs.front();
      const json answer =
          Run(golden, "distance",
              {"--i", std::to_string(pair.i), "--j", std::to_string(pair.j)});
      EXPECT_TRUE(
          IsGoldenDistance(golden.metric, answer["distance"], pair.distance))
          << golden.name << ": " << answer << " for " << pair.distance;
    }
    if (!golden.vectors.empty()) {
      const auto& [id, vector] = *golden.vectors.rbegin();
      const json answer = Run(golden, "vector", {"--item", std::to_string(id)});
      EXPECT_EQ(answer["vector"].get<std::vector<float>>(), vector)
          << golden.name << " item " << id;
    }
  }
}

TEST_P(GoldenFilesTest, VerifyPassesFilesOfFiniteVectors) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    if (!golden.finite) continue;
    EXPECT_EQ(Run(golden, "verify", {})["ok"], true) << golden.name;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryFolder, GoldenFilesTest,
                         testing::ValuesIn(GoldenFolders()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           for (char& c : name) c = isalnum(c) ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace annod
