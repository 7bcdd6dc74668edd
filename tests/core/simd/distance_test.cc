#include "core/simd/distance.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/simd/sequential.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

std::vector<size_t> TestedDims() {
  std::vector<size_t> dims;
  for (size_t dim = 1; dim <= 130; ++dim) dims.push_back(dim);
  dims.insert(dims.end(), {255, 256, 257, 768, 1000, 4096, 65536});
  return dims;
}

// Memory of exactly the bytes asked for, starting `shift` bytes past a 64-byte
// boundary, so that a sanitizer sees any read outside.
class ShiftedBytes {
 public:
  ShiftedBytes(size_t bytes, size_t shift)
      : storage_(bytes + shift + 64), shift_(shift) {}
  char* data() {
    const uintptr_t start = reinterpret_cast<uintptr_t>(storage_.data());
    return storage_.data() + (64 - start % 64) % 64 + shift_;
  }

 private:
  std::vector<char> storage_;
  size_t shift_;
};

// A vector in a heap block that ends where the vector ends.
class TightFloats {
 public:
  TightFloats(size_t count, size_t front_gap, std::mt19937* random)
      : storage_(front_gap + count), front_gap_(front_gap) {
    std::normal_distribution<float> normal;
    for (float& value : storage_) value = normal(*random);
  }
  const float* data() const { return storage_.data() + front_gap_; }

 private:
  std::vector<float> storage_;
  size_t front_gap_;
};

class DistanceTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(ForceSimdTarget(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(ForceSimdTarget("").ok()); }
};

INSTANTIATE_TEST_SUITE_P(EveryTarget, DistanceTest,
                         testing::ValuesIn(SimdTargets()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

TEST_P(DistanceTest, ForcedTargetIsTheOneThatRuns) {
  EXPECT_EQ(Kernels().target, GetParam());
}

TEST_P(DistanceTest, PairsHaveTheBitsOfTheReferenceAtAnyOffset) {
  std::mt19937 random(7);
  for (const size_t dim : TestedDims()) {
    for (const size_t gap : {0, 1, 3}) {
      const TightFloats a(dim, gap, &random);
      const TightFloats b(dim, 3 - gap, &random);
      EXPECT_EQ(Dot(a.data(), b.data(), dim),
                DotScalar(a.data(), b.data(), dim))
          << dim;
      EXPECT_EQ(SquaredL2(a.data(), b.data(), dim),
                SquaredL2Scalar(a.data(), b.data(), dim))
          << dim;
      EXPECT_EQ(L1(a.data(), b.data(), dim), L1Scalar(a.data(), b.data(), dim))
          << dim;
    }
  }
}

TEST_P(DistanceTest, PairsAreWithinRoundingOfDoubleSums) {
  std::mt19937 random(8);
  for (const size_t dim : TestedDims()) {
    const TightFloats a(dim, 1, &random), b(dim, 2, &random);
    double dot = 0, dot_scale = 0, l2 = 0, l1 = 0;
    for (size_t i = 0; i < dim; ++i) {
      const double x = a.data()[i], y = b.data()[i];
      dot += x * y;
      dot_scale += std::fabs(x * y);
      l2 += (x - y) * (x - y);
      l1 += std::fabs(x - y);
    }
    const double bound = (dim / kVirtualLanes + 8) * kEpsilon;
    EXPECT_NEAR(Dot(a.data(), b.data(), dim), dot, bound * dot_scale) << dim;
    EXPECT_NEAR(SquaredL2(a.data(), b.data(), dim), l2, bound * l2) << dim;
    EXPECT_NEAR(L1(a.data(), b.data(), dim), l1, bound * l1) << dim;
  }
}

TEST_P(DistanceTest, HammingCountsEveryBitAtAnyAlignment) {
  std::mt19937_64 random(9);
  for (size_t words = 1; words <= 40; ++words) {
    for (const size_t shift : {0, 1, 4, 7}) {
      ShiftedBytes a(words * 8, shift), b(words * 8, 7 - shift);
      for (size_t i = 0; i < words * 8; ++i) {
        a.data()[i] = static_cast<char>(random());
        b.data()[i] = static_cast<char>(random());
      }
      EXPECT_EQ(Hamming(a.data(), b.data(), words),
                HammingScalar(a.data(), b.data(), words))
          << words;
      EXPECT_EQ(Hamming(a.data(), a.data(), words), 0u);
    }
  }
  const std::vector<uint64_t> zeros(1024), ones(1024, ~uint64_t{0});
  EXPECT_EQ(Hamming(zeros.data(), ones.data(), 1024), 65536u);
}

TEST_P(DistanceTest, RowsEqualPairsForScatteredAndRepeatedIds) {
  std::mt19937 random(10);
  constexpr size_t kRows = 50;
  for (const size_t dim : {1, 3, 7, 17, 32, 40, 100, 129, 768}) {
    const size_t stride = 12 + 4 * dim;  // as in an angular node
    std::vector<char> nodes(stride * kRows);
    const TightFloats values(dim * kRows, 0, &random);
    for (size_t r = 0; r < kRows; ++r) {
      std::memcpy(nodes.data() + r * stride + 12, values.data() + r * dim,
                  dim * sizeof(float));
    }
    const TightFloats query(dim, 1, &random);
    std::vector<int32_t> ids;
    for (size_t k = 0; k < 77; ++k) ids.push_back(random() % kRows);
    ids.push_back(kRows - 1);
    const Rows rows{nodes.data() + 12, stride};
    for (const size_t count : {size_t{0}, size_t{1}, size_t{5}, ids.size()}) {
      std::vector<float> dot(count + 1, -7), l2(count + 1, -7),
          l1(count + 1, -7);
      const DistanceKernels& kernels = Kernels();
      kernels.dot_rows(query.data(), dim, rows, ids.data(), count, dot.data());
      kernels.squared_l2_rows(query.data(), dim, rows, ids.data(), count,
                              l2.data());
      kernels.l1_rows(query.data(), dim, rows, ids.data(), count, l1.data());
      for (size_t k = 0; k < count; ++k) {
        const float* row = values.data() + ids[k] * dim;
        EXPECT_EQ(dot[k], DotScalar(query.data(), row, dim));
        EXPECT_EQ(l2[k], SquaredL2Scalar(query.data(), row, dim));
        EXPECT_EQ(l1[k], L1Scalar(query.data(), row, dim));
      }
      EXPECT_EQ(dot[count], -7);
      EXPECT_EQ(l2[count], -7);
      EXPECT_EQ(l1[count], -7);
    }
  }
}

TEST_P(DistanceTest, HammingRowsEqualPairsInPackedNodes) {
  std::mt19937_64 random(11);
  constexpr size_t kRows = 20;
  for (const size_t words : {1, 2, 5, 16, 17}) {
    const size_t stride = 12 + 8 * words;  // words lie at 4 modulo 8
    std::vector<char> nodes(stride * kRows);
    for (char& byte : nodes) byte = static_cast<char>(random());
    std::vector<uint64_t> query(words);
    for (uint64_t& word : query) word = random();
    std::vector<int32_t> ids;
    for (size_t r = kRows; r-- > 0;) ids.push_back(static_cast<int32_t>(r));
    std::vector<float> out(kRows);
    Kernels().hamming_rows(query.data(), words, {nodes.data() + 12, stride},
                           ids.data(), kRows, out.data());
    for (size_t k = 0; k < kRows; ++k) {
      EXPECT_EQ(out[k],
                HammingScalar(query.data(), nodes.data() + 12 + ids[k] * stride,
                              words));
    }
  }
}

TEST(SequentialTest, AddsFromLeftToRight) {
  // 2^24 + 1 is not a float: each 1 added to 2^24 is lost, in another order
  // not.
  const float big = 16777216.0f;
  const float a[] = {big, 1, 1, 1, 1};
  const float ones[] = {1, 1, 1, 1, 1};
  const float zeros[] = {0, 0, 0, 0, 0};
  EXPECT_EQ(SequentialDot(a, ones, 5), big);
  EXPECT_EQ(SequentialL1(a, zeros, 5), big);
  const float b[] = {4096, 1, 1, 1, 1};  // squared: 2^24
  EXPECT_EQ(SequentialSquaredL2(b, zeros, 5), big);
  const float c[] = {1, 1, 1, 1, big};
  EXPECT_EQ(SequentialDot(c, ones, 5), big + 4);
}

TEST(SimdTargetTest, UnknownNameIsRefusedNamingTheChoices) {
  const absl::Status status = ForceSimdTarget("avx9");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find(SimdTargets().back()),
            std::string::npos);
}

TEST(SimdTargetTest, BestIsUsedUnlessForced) {
  EXPECT_EQ(Kernels().target, SimdTargets().front());
}

}  // namespace
}  // namespace annod
