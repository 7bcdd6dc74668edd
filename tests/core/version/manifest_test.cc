#include "core/version/manifest.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/storage/checked_json.h"
#include "gtest/gtest.h"
#include "tests/core/testing/corruption.h"

namespace annod {
namespace {

Manifest Example() {
  Manifest manifest;
  manifest.version = 7;
  manifest.dim = 40;
  manifest.metric = Metric::kHamming;
  manifest.layout = LayoutKind::kHamming16;
  manifest.slot_count = 2147483646;
  manifest.item_count = 500;
  manifest.next_id = 2147483647;
  manifest.tree_count = 10;
  manifest.label_count = 3;
  manifest.seed = 0xFFFFFFFFFFFFFFFF;
  manifest.build_seconds = 0.1;
  manifest.recall_curve = {{{10, 0.25}, {200, 0.5}, {201, 1}}, 300};
  manifest.coded_recall_curve = {{{10, 0.5}, {300, 0.75}}, 200};
  manifest.beam_curve = {
      {{10, 0.5}, {14, 0.75}}, 250, 20, {{50, 1.5}, {100, 2.25}}};
  manifest.create_time = "2024-05-06T07:08:09+00:00";
  manifest.journal_through = 12;
  manifest.incarnation = "0123456789abcdef";
  manifest.files = {{"forest.ann", 12345678901, 0xFEDCBA9876543210},
                    {"labels.bin", 0, 0}};
  return manifest;
}

void ExpectExample(const Manifest& manifest) {
  const Manifest want = Example();
  EXPECT_EQ(manifest.version, want.version);
  EXPECT_EQ(manifest.dim, want.dim);
  EXPECT_EQ(manifest.metric, want.metric);
  EXPECT_EQ(manifest.layout, want.layout);
  EXPECT_EQ(manifest.slot_count, want.slot_count);
  EXPECT_EQ(manifest.item_count, want.item_count);
  EXPECT_EQ(manifest.next_id, want.next_id);
  EXPECT_EQ(manifest.tree_count, want.tree_count);
  EXPECT_EQ(manifest.label_count, want.label_count);
  EXPECT_EQ(manifest.seed, want.seed);
  EXPECT_EQ(manifest.build_seconds, want.build_seconds);
  EXPECT_EQ(manifest.recall_curve.points, want.recall_curve.points);
  EXPECT_EQ(manifest.recall_curve.query_count, want.recall_curve.query_count);
  EXPECT_EQ(manifest.coded_recall_curve.points, want.coded_recall_curve.points);
  EXPECT_EQ(manifest.coded_recall_curve.query_count,
            want.coded_recall_curve.query_count);
  EXPECT_EQ(manifest.beam_curve.points, want.beam_curve.points);
  EXPECT_EQ(manifest.beam_curve.query_count, want.beam_curve.query_count);
  EXPECT_EQ(manifest.beam_curve.most_n, want.beam_curve.most_n);
  EXPECT_EQ(manifest.beam_curve.factors, want.beam_curve.factors);
  EXPECT_EQ(manifest.create_time, want.create_time);
  EXPECT_EQ(manifest.journal_through, want.journal_through);
  EXPECT_EQ(manifest.incarnation, want.incarnation);
  ASSERT_EQ(manifest.files.size(), want.files.size());
  for (size_t i = 0; i < want.files.size(); ++i) {
    EXPECT_EQ(manifest.files[i].name, want.files[i].name);
    EXPECT_EQ(manifest.files[i].bytes, want.files[i].bytes);
    EXPECT_EQ(manifest.files[i].xxh3_64, want.files[i].xxh3_64);
  }
}

TEST(ManifestTest, RoundTripsEveryField) {
  const auto read = ManifestFromJson(ManifestToJson(Example()));
  ASSERT_TRUE(read.ok()) << read.status();
  ExpectExample(*read);
}

TEST(ManifestTest, VersionsWithoutARecallCurveStayReadable) {
  Manifest manifest = Example();
  manifest.recall_curve = RecallCurve();
  manifest.coded_recall_curve = RecallCurve();
  manifest.beam_curve = BeamCurve();
  const std::string text = ManifestToJson(manifest);
  EXPECT_EQ(text.find("recall"), std::string::npos);
  const auto read = ManifestFromJson(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->recall_curve.points.empty());
  EXPECT_TRUE(read->coded_recall_curve.points.empty());
}

TEST(ManifestTest, DamagedTextIsDataLoss) {
  const std::string text = ManifestToJson(Example());
  const auto check = [](const std::string& damaged) {
    const auto read = ManifestFromJson(damaged);
    if (read.ok()) {
      ExpectExample(*read);  // only white space was hit
    } else {
      EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss)
          << read.status();
    }
  };
  ForEachTruncation(text, check);
  ForEachFlip(text, check);
}

TEST(ManifestTest, WellSealedNonsenseIsDataLoss) {
  using nlohmann::json;
  const json file = {
      {"name", "a"}, {"bytes", 1}, {"xxh3_64", "0000000000000000"}};
  const auto file_with = [&](const char* field, const json& value) {
    json changed = file;
    changed[field] = value;
    return json::array({changed});
  };
  const auto curve_of = [](const json& points) {
    return json{{"points", points}, {"query_count", 9}};
  };
  const auto factors_of = [](const json& factors) {
    return json{{"points", {{{"beam", 10}, {"recall", 0.5}}}},
                {"query_count", 9},
                {"most_n", 20},
                {"factors", factors}};
  };
  struct Case {
    const char* field;
    json value;
  };
  const std::vector<Case> cases = {
      {"version", -1},
      {"version", 1e300},
      {"dim", 0},
      {"metric", "angular"},  // does not fit the layout
      {"layout", "dot-24"},
      {"slot_count", int64_t{1} << 31},
      {"item_count", int64_t{2147483647} + 1},
      {"slot_count", 499},  // fewer than items
      {"label_count", 501},
      {"tree_count", -1},
      {"build_seconds", -0.5},
      {"build_seconds", "1"},
      {"journal_through", -1},
      {"create_time", 5},
      {"recall_curve", 5},
      {"recall_curve", curve_of(json::array({5}))},
      {"recall_curve", curve_of({{{"search_k", 0}, {"recall", 0.5}}})},
      {"recall_curve", curve_of({{{"search_k", 1}, {"recall", 1.5}}})},
      {"recall_curve", curve_of({{{"search_k", 5}, {"recall", 0.5}},
                                 {{"search_k", 5}, {"recall", 0.6}}})},
      {"recall_curve", curve_of({{{"search_k", 5}, {"recall", 0.5}},
                                 {{"search_k", 6}, {"recall", 0.4}}})},
      {"recall_curve", {{"points", json::array()}, {"query_count", 0}}},
      {"coded_recall_curve", 5},
      {"coded_recall_curve", curve_of({{{"search_k", 0}, {"recall", 0.5}}})},
      {"beam_curve", 5},
      {"beam_curve", curve_of({{{"beam", 0}, {"recall", 0.5}}})},
      {"beam_curve", factors_of(5)},
      {"beam_curve", factors_of(json::array({5}))},
      {"beam_curve", factors_of({{{"n", 50}}})},
      {"beam_curve", factors_of({{{"n", 50}, {"factor", "2"}}})},
      {"beam_curve", factors_of({{{"n", 10}, {"factor", 2}}})},
      {"beam_curve", factors_of({{{"n", 50}, {"factor", 0}}})},
      {"beam_curve",
       factors_of({{{"n", 50}, {"factor", 2}}, {{"n", 50}, {"factor", 1.5}}})},
      {"files", 5},
      {"files", json::array({5})},
      {"files", json::array({file, file})},
      {"files", json(std::vector<json>(65, file))},
      {"files", file_with("name", "../x")},
      {"files", file_with("name", ".x")},
      {"files", file_with("name", "")},
      {"files", file_with("bytes", -1)},
      {"files", file_with("xxh3_64", "00000000000000")},
      {"files", file_with("xxh3_64", "00000000000000G0")},
  };
  for (const Case& test_case : cases) {
    json object = json::parse(ManifestToJson(Example()));
    object.erase("xxh3_64");
    object[test_case.field] = test_case.value;
    EXPECT_EQ(ManifestFromJson(SealJson(object, 1)).status().code(),
              absl::StatusCode::kDataLoss)
        << test_case.field << " = " << test_case.value;
  }
}

TEST(ManifestTest, NewerFormatIsFailedPrecondition) {
  EXPECT_EQ(
      ManifestFromJson(SealJson(nlohmann::json::object(), 2)).status().code(),
      absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace annod
