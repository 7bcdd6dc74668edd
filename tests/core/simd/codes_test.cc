#include "core/simd/codes.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/graph/codes/code_rows.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

class CodesTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(ForceSimdTarget(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(ForceSimdTarget("").ok()); }

  CodeRows RandomRows(size_t count, size_t bytes) {
    CodeRows rows(count, bytes);
    std::uniform_int_distribution<int> code(0, 127);
    for (size_t i = 0; i < count; ++i) {
      // The largest sums that there are, now and then.
      const int fixed = i % 7 == 0 ? 127 : i % 7 == 1 ? 0 : -1;
      for (size_t k = 0; k < bytes; ++k) {
        rows.row(i)[k] =
            static_cast<uint8_t>(fixed >= 0 ? fixed : code(random_));
      }
    }
    return rows;
  }

  std::mt19937 random_{7};
};

INSTANTIATE_TEST_SUITE_P(Targets, CodesTest, testing::ValuesIn(SimdTargets()),
                         [](const auto& info) { return info.param; });

TEST_P(CodesTest, DistancesAreThoseOfTheReference) {
  for (const size_t bytes : {64, 128, 192, 832, 65536}) {
    const CodeRows rows = RandomRows(20, bytes);
    std::vector<int32_t> ids = {19, 0, 3, 3, 7, 1, 2, 18, 5, 11, 13};
    std::vector<int32_t> out(ids.size());
    CodeDistances().squared_l2_rows(rows.row(4), bytes, rows.rows(), ids.data(),
                                    ids.size(), out.data());
    for (size_t k = 0; k < ids.size(); ++k) {
      const int32_t expected =
          SquaredL2OfCodes(rows.row(4), rows.row(ids[k]), bytes);
      EXPECT_EQ(out[k], expected) << bytes;
      EXPECT_EQ(
          CodeDistances().squared_l2(rows.row(4), rows.row(ids[k]), bytes),
          expected);
    }
    CodeDistances().l1_rows(rows.row(4), bytes, rows.rows(), ids.data(),
                            ids.size(), out.data());
    std::vector<int32_t> products(ids.size());
    CodeRows query(1, bytes);
    for (size_t i = 0; i < bytes; ++i) {
      const int code = rows.row(2)[i];
      query.row(0)[i] = static_cast<uint8_t>(i % 3 == 0 ? -code : code);
    }
    CodeDistances().negative_dot_rows(query.row(0), bytes, rows.rows(),
                                      ids.data(), ids.size(), products.data());
    for (size_t k = 0; k < ids.size(); ++k) {
      EXPECT_EQ(products[k],
                NegativeDotOfCodes(query.row(0), rows.row(ids[k]), bytes))
          << bytes;
      EXPECT_EQ(out[k], L1OfCodes(rows.row(4), rows.row(ids[k]), bytes))
          << bytes;
    }
  }
}

TEST_P(CodesTest, DistancesOfPackedRowsAreThoseOfTheReference) {
  const std::vector<int32_t> ids = {19, 0, 3, 3, 7, 1, 2, 18, 5, 11, 13};
  const auto kernel = [](int bits) {
    const CodeKernels& kernels = CodeDistances();
    return bits == 4   ? kernels.squared_l2_rows_of_4_bits
           : bits == 2 ? kernels.squared_l2_rows_of_2_bits
                       : kernels.squared_l2_rows_of_1_bit;
  };
  for (const int bits : {1, 2, 4}) {
    for (const size_t bytes : {64, 128, 192, 8192}) {
      CodeRows rows = RandomRows(20, bytes);
      for (size_t k = 0; k < bytes; ++k) {
        rows.row(19)[k] = static_cast<uint8_t>(random_());  // all bits
        rows.row(18)[k] = 255;
      }
      const size_t codes = bytes * CodesInByte(bits);
      CodeRows query(1, codes);
      for (const int fixed : {PackedTop(bits) - 127, 127, 1000}) {
        std::uniform_int_distribution<int> code(PackedTop(bits) - 127, 127);
        for (size_t i = 0; i < codes; ++i) {
          query.row(0)[i] = static_cast<uint8_t>(
              static_cast<int8_t>(fixed < 1000 ? fixed : code(random_)));
        }
        std::vector<int32_t> out(ids.size());
        kernel(bits)(query.row(0), bytes, rows.rows(), ids.data(), ids.size(),
                     out.data());
        for (size_t k = 0; k < ids.size(); ++k) {
          EXPECT_EQ(out[k], SquaredL2OfPacked(bits, query.row(0),
                                              rows.row(ids[k]), bytes))
              << bits << " bits, " << bytes << " bytes, row " << ids[k];
        }
      }
    }
  }
}

TEST_P(CodesTest, DistancesOfWideRowsAreThoseOfTheReference) {
  const std::vector<int32_t> ids = {9, 0, 3, 3, 7, 1, 2, 8, 5};
  for (const size_t dim : {1, 2, 31, 32, 96, 448}) {
    const size_t bytes = CodeRowBytes(dim, 16);
    CodeRows rows(10, bytes);
    std::uniform_int_distribution<int> code(0, WideTop(dim));
    for (size_t i = 0; i < rows.count(); ++i) {
      // The largest sum that there is, between the first two.
      const int fixed = i == 0 ? WideTop(dim) : i == 1 ? 0 : -1;
      for (size_t k = 0; k < dim; ++k) {
        const auto value =
            static_cast<uint16_t>(fixed >= 0 ? fixed : code(random_));
        std::memcpy(rows.row(i) + k * sizeof(value), &value, sizeof(value));
      }
    }
    for (const size_t query : {0, 1, 4}) {
      std::vector<int32_t> out(ids.size());
      CodeDistances().squared_l2_rows_of_16_bits(rows.row(query), bytes,
                                                 rows.rows(), ids.data(),
                                                 ids.size(), out.data());
      for (size_t k = 0; k < ids.size(); ++k) {
        const int32_t expected =
            SquaredL2OfWide(rows.row(query), rows.row(ids[k]), bytes);
        EXPECT_GE(expected, 0);
        EXPECT_EQ(out[k], expected) << dim << " components, row " << ids[k];
        EXPECT_EQ(CodeDistances().squared_l2_of_16_bits(
                      rows.row(query), rows.row(ids[k]), bytes),
                  expected);
      }
    }
  }
}

TEST(PackedCodesTest, EveryComponentHasItsBits) {
  for (const int bits : {1, 2, 4}) {
    const size_t dim = 1000;
    std::vector<uint8_t> row(CodeRowBytes(dim, bits));
    EXPECT_EQ(row.size() % kCodeAlignment, 0);
    std::mt19937 random(3);
    std::vector<int> codes;
    for (size_t i = 0; i < dim; ++i) {
      codes.push_back(static_cast<int>(random() % (1u << bits)));
      PutPacked(i, bits, codes[i], row.data());
    }
    for (size_t i = 0; i < dim; ++i) {
      EXPECT_EQ(PackedCode(i, bits, row.data()), codes[i]) << bits << " " << i;
    }
  }
}

TEST_P(CodesTest, RowsAgainstBlocksAddUpToDistances) {
  for (const size_t bytes : {64, 128, 832}) {
    for (const size_t block_count : {1, 2, 3, 4, 5, 9}) {
      const size_t items = block_count * kBlockItems;
      const CodeRows rows = RandomRows(items, bytes);
      CodeRows data(items, bytes);
      std::vector<int32_t> norms(items);
      const std::vector<uint8_t> zeros(bytes);
      for (size_t j = 0; j < items; ++j) {
        norms[j] = SquaredL2OfCodes(rows.row(j), zeros.data(), bytes);
        for (size_t i = 0; i < bytes; i += 4) {
          std::memcpy(data.row(j / kBlockItems * kBlockItems) +
                          i * kBlockItems + j % kBlockItems * 4,
                      rows.row(j) + i, 4);
        }
      }
      std::vector<int32_t> out(4 * items);
      CodeDistances().four_rows_against_blocks(
          rows.row(8), {data.row(0), norms.data(), block_count, bytes}, items,
          out.data());
      for (size_t r = 0; r < 4; ++r) {
        for (size_t j = 0; j < items; ++j) {
          ASSERT_EQ(out[r * items + j] + norms[8 + r],
                    SquaredL2OfCodes(rows.row(8 + r), rows.row(j), bytes))
              << bytes << " bytes, row " << r << ", item " << j;
        }
      }
    }
  }
}

TEST_P(CodesTest, SelectsEveryValueUpToABoundThatEnoughMeet) {
  for (const size_t count : {16, 64, 80, 1008, 4096}) {
    for (const size_t wanted : {1, 17, 33}) {
      for (const int32_t range : {1, 40, 1000000000}) {
        CodeRows memory(1, count * sizeof(int32_t));
        auto* const values = reinterpret_cast<int32_t*>(memory.row(0));
        std::uniform_int_distribution<int32_t> value(-range, range);
        for (size_t j = 0; j < count; ++j) values[j] = value(random_);
        std::vector<CodeNeighbor> found(count);
        found.resize(CodeDistances().select_smallest(values, count, wanted,
                                                     found.data()));
        ASSERT_GE(found.size(), std::min(wanted, count));
        int32_t bound = INT32_MIN;
        std::vector<bool> chosen(count);
        for (const CodeNeighbor& one : found) {
          EXPECT_EQ(one.distance, values[one.id]);
          EXPECT_FALSE(chosen[one.id]);
          chosen[one.id] = true;
          bound = std::max(bound, one.distance);
        }
        // Not always all that tie with the last, if fewer are wanted than tie.
        size_t below = 0;
        for (size_t j = 0; j < count; ++j) {
          below += values[j] < bound;
          EXPECT_TRUE(chosen[j] || values[j] >= bound) << values[j];
        }
        EXPECT_LE(below, found.size());
      }
    }
  }
}

TEST_P(CodesTest, KeepsTheNearestOnce) {
  constexpr size_t kCapacity = 32;
  CodeRows memory(2, kCapacity * sizeof(int32_t));
  auto* const distances = reinterpret_cast<int32_t*>(memory.row(0));
  auto* const ids = reinterpret_cast<int32_t*>(memory.row(1));
  std::fill(ids, ids + kCapacity, -1);
  std::uniform_int_distribution<int32_t> id(0, 300);
  std::vector<int32_t> all;
  size_t size = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<CodeNeighbor> more;
    for (int k = 0; k < 20; ++k) {
      const int32_t one = id(random_);
      more.push_back({one * 7919 % 1009, one});  // all different
      all.push_back(one);
    }
    size = CodeDistances().keep_nearest(more.data(), more.size(), kCapacity,
                                        size, distances, ids);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    std::vector<int32_t> nearest = all;
    std::sort(nearest.begin(), nearest.end(), [](int32_t a, int32_t b) {
      return a * 7919 % 1009 < b * 7919 % 1009;
    });
    nearest.resize(std::min(nearest.size(), kCapacity));
    std::vector<int32_t> kept(ids, ids + size);
    std::sort(kept.begin(), kept.end());
    std::sort(nearest.begin(), nearest.end());
    ASSERT_EQ(kept, nearest) << "round " << round;
    for (size_t k = 0; k < size; ++k) {
      EXPECT_EQ(distances[k], ids[k] * 7919 % 1009);
    }
  }
}

}  // namespace
}  // namespace annod
