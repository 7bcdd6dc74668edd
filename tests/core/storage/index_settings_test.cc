#include "core/storage/index_settings.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/storage/checked_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/corruption.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

IndexSettings Example() {
  IndexSettings settings;
  settings.name = "words";
  settings.dim = 100;
  settings.metric = Metric::kDot;
  settings.default_n = 7;
  settings.default_tree_count = -1;
  settings.seed = UINT64_MAX;
  settings.dot_layout = LayoutKind::kDot16;
  settings.hamming_layout = LayoutKind::kHamming12;
  settings.build_rules = BuildRules::kAnnoy116;
  settings.prefault = Prefault::kLock;
  settings.verbosity = -2;
  for (int i = 0; i < 100; ++i) {
    settings.feature_names.push_back(std::to_string(i));
  }
  settings.allow_duplicate_labels = true;
  settings.unbuilt_through = 17;
  settings.rolled_back_from = 18;
  settings.attached_path = "/data/w\xC3\xB6rter.ann";
  settings.incarnation = "0123456789abcdef";
  settings.create_time = "2024-05-06T07:08:09+00:00";
  return settings;
}

void ExpectExample(const IndexSettings& settings) {
  EXPECT_EQ(settings.name, "words");
  EXPECT_EQ(settings.dim, 100);
  EXPECT_EQ(settings.metric, Metric::kDot);
  EXPECT_EQ(settings.default_n, 7);
  EXPECT_EQ(settings.default_tree_count, -1);
  EXPECT_EQ(settings.seed, UINT64_MAX);
  EXPECT_EQ(settings.dot_layout, LayoutKind::kDot16);
  EXPECT_EQ(settings.hamming_layout, LayoutKind::kHamming12);
  EXPECT_EQ(settings.build_rules, BuildRules::kAnnoy116);
  EXPECT_EQ(settings.prefault, Prefault::kLock);
  EXPECT_EQ(settings.verbosity, -2);
  ASSERT_EQ(settings.feature_names.size(), 100u);
  EXPECT_EQ(settings.feature_names[99], "99");
  EXPECT_TRUE(settings.allow_duplicate_labels);
  EXPECT_EQ(settings.unbuilt_through, 17);
  EXPECT_EQ(settings.rolled_back_from, 18);
  EXPECT_EQ(settings.attached_path, "/data/w\xC3\xB6rter.ann");
  EXPECT_EQ(settings.incarnation, "0123456789abcdef");
  EXPECT_EQ(settings.create_time, "2024-05-06T07:08:09+00:00");
}

TEST(IndexSettingsTest, RoundTripsEveryField) {
  const auto read = IndexSettingsFromJson(IndexSettingsToJson(Example()));
  ASSERT_TRUE(read.ok()) << read.status();
  ExpectExample(*read);
}

// Only temporary indexes have one: others can be read by earlier programs.
TEST(IndexSettingsTest, ALeaseIsThereOrAbsent) {
  EXPECT_EQ(IndexSettingsToJson(Example()).find("lease"), std::string::npos);
  IndexSettings settings = Example();
  settings.lease_seconds = 60;
  settings.lease_expire_unix_ms = 1234567890123;
  const std::string text = IndexSettingsToJson(settings);
  const auto read = IndexSettingsFromJson(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->lease_seconds, 60);
  EXPECT_EQ(read->lease_expire_unix_ms, 1234567890123);
  for (const nlohmann::json& bad :
       {nlohmann::json(0), nlohmann::json(-1), nlohmann::json(31622401),
        nlohmann::json("60")}) {
    nlohmann::json object = nlohmann::json::parse(text);
    object.erase("xxh3_64");
    object["lease_seconds"] = bad;
    EXPECT_EQ(IndexSettingsFromJson(SealJson(object, 1)).status().code(),
              absl::StatusCode::kDataLoss)
        << bad;
  }
}

TEST(IndexSettingsTest, DamagedTextIsDataLoss) {
  const std::string text = IndexSettingsToJson(Example());
  const auto check = [](const std::string& damaged) {
    const auto read = IndexSettingsFromJson(damaged);
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

TEST(IndexSettingsTest, HostileJsonIsDataLoss) {
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"),
        std::string("{}"), std::string("{\"xxh3_64\":7}"),
        std::string("{\"xxh3_64\":\"0000000000000000\"}"),
        std::string(500000, '['),
        "{\"xxh3_64\":\"0000000000000000\",\"name\":" +
            std::string(200000, '[') + std::string(200000, ']') + "}"}) {
    EXPECT_EQ(IndexSettingsFromJson(text).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// Whole, checksummed, and still wrong: what a program with a bug, or a hand
// that knows the checksum, would write.
TEST(IndexSettingsTest, WellSealedNonsenseIsDataLossNamingTheField) {
  struct Case {
    const char* field;
    nlohmann::json value;
  };
  const std::vector<Case> cases = {
      {"dim", 0},
      {"dim", 65537},
      {"dim", "100"},
      {"dim", 1.5},
      {"dim", uint64_t{1} << 63},
      {"metric", "cosinus"},
      {"metric", nullptr},
      {"default_n", 0},
      {"default_tree_count", 0},
      {"default_tree_count", -2},
      {"seed", -1},
      {"dot_layout", "dot-12"},
      {"dot_layout", "angular-12"},
      {"hamming_layout", "dot-16"},
      {"build_rules", "annoy-1.15"},
      {"prefault", "all"},
      {"verbosity", 3},
      {"allow_duplicate_labels", 2},
      {"unbuilt_through", -1},
      {"feature_names", nlohmann::json::array({"a", "b"})},
      {"feature_names", nlohmann::json(std::vector<std::string>(100, "a"))},
      {"feature_names", nlohmann::json(std::vector<int>(100, 1))},
      {"name", "../up"},
      {"name", ""},
      {"attached_path", "relative.ann"},
      {"attached_path", std::string("/a\0b", 4)},
      {"incarnation", std::string(65, 'x')},
  };
  for (const Case& test_case : cases) {
    nlohmann::json object =
        nlohmann::json::parse(IndexSettingsToJson(Example()));
    object.erase("xxh3_64");
    object[test_case.field] = test_case.value;
    const auto read = IndexSettingsFromJson(SealJson(object, 1));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss)
        << test_case.field << " = " << test_case.value;
    object.erase(test_case.field);
    EXPECT_THAT(IndexSettingsFromJson(SealJson(object, 1)).status().ToString(),
                HasSubstr(test_case.field));
  }
}

TEST(IndexSettingsTest, NewerFormatIsFailedPrecondition) {
  const auto read = IndexSettingsFromJson(SealJson({{"name", "words"}}, 2));
  EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(IndexSettingsTest, ValidationNamesFieldAndValue) {
  struct Case {
    std::function<void(IndexSettings*)> change;
    const char* field;
    const char* value;
  };
  const std::vector<Case> cases = {
      {[](IndexSettings* s) { s->dim = 0; }, "dimension", "0"},
      {[](IndexSettings* s) { s->dim = 65537; }, "dimension", "65537"},
      {[](IndexSettings* s) { s->metric = static_cast<Metric>(9); }, "metric",
       "9"},
      {[](IndexSettings* s) { s->default_n = 10001; }, "default_n", "10001"},
      {[](IndexSettings* s) { s->default_tree_count = 0; },
       "default_tree_count", "0"},
      {[](IndexSettings* s) { s->dot_layout = LayoutKind::kHamming12; },
       "dot_layout", "hamming-12"},
      {[](IndexSettings* s) { s->attached_path = "x"; }, "attached path", "x"},
      {[](IndexSettings* s) { s->name = "a/b"; }, "index name", "a/b"},
  };
  for (const Case& test_case : cases) {
    IndexSettings settings = Example();
    test_case.change(&settings);
    const absl::Status status = ValidateIndexSettings(settings);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(test_case.field));
    EXPECT_THAT(std::string(status.message()), HasSubstr(test_case.value));
  }
}

TEST(IndexSettingsTest, NamesStayInsideTheDirectory) {
  for (const std::string& name : {std::string("a"), std::string("A.b_c-9"),
                                  std::string("9"), std::string(64, 'x')}) {
    EXPECT_TRUE(ValidateIndexName(name).ok()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."),
        std::string(".hidden"), std::string("-flag"), std::string("a/b"),
        std::string("a b"), std::string("a\0b", 3), std::string("\xC3\xB6"),
        std::string(65, 'x')}) {
    EXPECT_EQ(ValidateIndexName(name).code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

}  // namespace
}  // namespace annod
