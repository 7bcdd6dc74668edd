#include "core/annoy/hamming_bits.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(HammingBitsTest, ComponentsCountFromTheLeastSignificantBit) {
  std::vector<float> components(70, 0.0f);
  components[0] = components[3] = components[63] = components[64] = 1;
  uint64_t words[2] = {~uint64_t{0}, ~uint64_t{0}};
  PackBits(components, words);
  EXPECT_EQ(words[0], uint64_t{1} | 8 | uint64_t{1} << 63);
  EXPECT_EQ(words[1], 1u);
}

TEST(HammingBitsTest, OnlyValuesAboveOneHalfAreSet) {
  const std::vector<float> components = {0.5f, std::nextafter(0.5f, 1.0f), NAN,
                                         -1.0f, 2.0f};
  uint64_t word;
  PackBits(components, &word);
  EXPECT_EQ(word, 0b10010u);
}

TEST(HammingBitsTest, UnpackingRestoresComponentsAtOddAddresses) {
  std::vector<float> components(130);
  for (size_t j = 0; j < components.size(); ++j) components[j] = j * j % 7 < 3;
  std::vector<char> bytes(1 + 3 * 8);
  PackBits(components, bytes.data() + 1);
  std::vector<float> back(components.size());
  UnpackBits(bytes.data() + 1, absl::MakeSpan(back));
  EXPECT_EQ(back, components);
}

TEST(HammingBitsTest, SplitsCountFromTheMostSignificantBit) {
  std::vector<float> components(128, 0.0f);
  components[0] = components[126] = 1;  // positions 63 and 65
  char bytes[17];
  PackBits(components, bytes + 1);
  for (uint64_t position = 0; position < 128; ++position) {
    EXPECT_EQ(SplitBit(bytes + 1, position), position == 63 || position == 65)
        << position;
  }
}

}  // namespace
}  // namespace annod
