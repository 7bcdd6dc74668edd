#include "bench/bench_output.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/fixed_engine.h"

namespace annod {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

EngineCurve Curve(const std::string& name, const std::string& label, double qps,
                  double build_seconds) {
  EngineCurve curve;
  auto engine = std::make_unique<FixedEngine>(
      name, label, std::map<int, std::vector<int32_t>>{{1, {}}});
  engine->set_build_seconds(build_seconds);
  curve.engine = std::move(engine);
  MeasuredPoint point;
  point.setting["effort"] = 32;
  point.recall = 0.97;
  point.qps = qps;
  curve.points.push_back(point);
  return curve;
}

std::vector<EngineCurve> RaceOfThree() {
  std::vector<EngineCurve> curves;
  curves.push_back(Curve("graph", "graph", 1000, 2));
  curves.push_back(Curve("peer", "peer-slow", 10, 30));
  curves.push_back(Curve("peer", "peer-fast", 250, 40));
  return curves;
}

TEST(JsonLinesTest, HasOneObjectWithTheFieldsOfEachPoint) {
  std::vector<EngineCurve> curves = RaceOfThree();
  curves[1].points[0].distances_per_query = 12.5;
  std::istringstream lines(JsonLines(curves));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(nlohmann::json::parse(line), nlohmann::json::parse(R"({
              "engine": "graph",
              "params": {"M": 16, "kind": "graph", "effort": 32},
              "recall": 0.97, "qps": 1000.0, "build_s": 2.0,
              "index_bytes": 1000, "distances_per_query": null})"));
  ASSERT_TRUE(std::getline(lines, line));
  const nlohmann::json second = nlohmann::json::parse(line);
  EXPECT_EQ(second["engine"], "peer");
  EXPECT_EQ(second["params"]["kind"], "peer-slow");
  EXPECT_EQ(second["distances_per_query"], 12.5);
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(RatioTablesTest, CompareOursWithTheBestVariantOfEachPeer) {
  const std::string text = RatioTables(RaceOfThree());
  // Four times as fast as the faster variant, at recalls that both reach; the
  // quicker build takes 15 times as long.
  EXPECT_THAT(text, ContainsRegex("graph / peer +4\\.00 +4\\.00 +- +15\\.00"));
  EXPECT_THAT(text, ContainsRegex("peer +250 +250 +- +30\\.0"));
  EXPECT_THAT(text, Not(HasSubstr("peer / graph")));
}

TEST(RatioTablesTest, HaveNoRatiosWithoutAPeer) {
  std::vector<EngineCurve> curves;
  curves.push_back(Curve("graph", "graph", 1000, 2));
  EXPECT_THAT(RatioTables(curves), Not(HasSubstr("ratio")));
}

TEST(CurveTableTest, NamesVariantsAndSettings) {
  EXPECT_THAT(CurveTable(RaceOfThree()),
              ContainsRegex("peer-fast +effort 32 +0\\.9700 +250 "));
}

}  // namespace
}  // namespace annod
