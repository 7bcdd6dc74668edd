#include "core/staging/label_ids.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/sanitizer.h"

namespace annod {
namespace {

using ::testing::ElementsAre;

TEST(LabelIdsTest, CountsEachIdOnce) {
  LabelIds labels;
  const std::string* const a = labels.Add("a", 7);
  EXPECT_EQ(*a, "a");
  EXPECT_EQ(labels.Add("a", 7), a);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre(7));
  EXPECT_EQ(labels.Add("a", 3), a);
  labels.Add("a", 5);
  labels.Add("a", 5);
  labels.Add("b", 5);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre(3, 5, 7));
  EXPECT_THAT(labels.IdsOf("b"), ElementsAre(5));
  EXPECT_THAT(labels.IdsOf("c"), ElementsAre());
}

TEST(LabelIdsTest, ForgetsIdAfterId) {
  LabelIds labels;
  const std::string* const a = labels.Add("a", 1);
  labels.Add("a", 2);
  labels.Add("a", 3);
  labels.Remove(a, 2);
  labels.Remove(a, 2);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre(1, 3));
  labels.Remove(a, 1);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre(3));
  labels.Remove(a, 1);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre(3));
  labels.Add("a", 9);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre(3, 9));
  labels.Remove(a, 3);
  labels.Remove(a, 9);
  EXPECT_THAT(labels.IdsOf("a"), ElementsAre());
}

// A label of very many items, taken away one by one, must not cost the square
// of their number: the test would not end.
TEST(LabelIdsTest, ALabelOfManyItemsIsNoBurden) {
  constexpr int32_t kMany = kSanitized ? 200000 : 1000000;
  LabelIds labels;
  const std::string* label = nullptr;
  for (int32_t id = 0; id < kMany; ++id) label = labels.Add("cat", id);
  for (int32_t id = 0; id < kMany; ++id) labels.Remove(label, id);
  EXPECT_THAT(labels.IdsOf("cat"), ElementsAre());
}

}  // namespace
}  // namespace annod
