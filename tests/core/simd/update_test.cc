#include "core/simd/update.h"

#include <random>
#include <string>
#include <vector>

#include "core/simd/target.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

std::vector<float> RandomFloats(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> floats(count);
  for (float& value : floats) value = normal(random);
  return floats;
}

// Vectors start one float past their block, so that no kernel may count on
// alignment, and end with it, so that a sanitizer sees what is read behind.
class UpdateTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(ForceSimdTarget(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(ForceSimdTarget("").ok()); }
};

INSTANTIATE_TEST_SUITE_P(EveryTarget, UpdateTest,
                         testing::ValuesIn(SimdTargets()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

TEST_P(UpdateTest, ForcedTargetIsTheOneThatRuns) {
  EXPECT_EQ(Updates().target, GetParam());
}

TEST_P(UpdateTest, GivesTheBitsOfPlainLoopsForEveryDimension) {
  for (size_t dim = 1; dim <= 67; ++dim) {
    const std::vector<float> v = RandomFloats(dim + 1, 1);
    const std::vector<float> before = RandomFloats(dim + 1, 2);
    const float factor = 0.3f;

    std::vector<float> scaled = before;
    std::vector<float> sum = before;
    std::vector<float> mean = before;
    Updates().scale(factor, dim, &scaled[1]);
    Updates().add_scaled(&v[1], factor, dim, &sum[1]);
    Updates().move_towards(&v[1], factor, dim, &mean[1]);

    EXPECT_EQ(scaled[0], before[0]);
    EXPECT_EQ(sum[0], before[0]);
    EXPECT_EQ(mean[0], before[0]);
    for (size_t i = 1; i <= dim; ++i) {
      ASSERT_EQ(scaled[i], before[i] * factor) << "dim " << dim;
      const float part = v[i] * factor;
      ASSERT_EQ(sum[i], before[i] + part) << "dim " << dim;
      const float step = (v[i] - before[i]) * factor;
      ASSERT_EQ(mean[i], before[i] + step) << "dim " << dim;
    }
  }
}

TEST_P(UpdateTest, HadamardGivesTheBitsOfPlainLoops) {
  for (size_t size = 1; size <= 1024; size *= 2) {
    const std::vector<float> factors = RandomFloats(size + 1, 3);
    std::vector<float> got = RandomFloats(size + 1, 4);
    std::vector<float> expected = got;
    for (size_t i = 1; i <= size; ++i) expected[i] *= factors[i];
    for (size_t half = size / 2; half > 0; half /= 2) {
      for (size_t i = 0; i < size; ++i) {
        if (i / half % 2 != 0) continue;
        const float a = expected[1 + i], b = expected[1 + i + half];
        expected[1 + i] = a + b;
        expected[1 + i + half] = a - b;
      }
    }
    Updates().hadamard(&factors[1], size, &got[1]);
    EXPECT_EQ(got, expected) << size;
  }
}

}  // namespace
}  // namespace annod
