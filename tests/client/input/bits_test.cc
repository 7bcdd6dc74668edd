// --threshold and --packed_bits, as every reader of vectors takes them.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/input/vector_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/input/input_files.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::Pair;

VectorReaderOptions Above(float threshold) {
  VectorReaderOptions options;
  options.metric = Metric::kHamming;
  options.threshold = threshold;
  return options;
}

VectorReaderOptions Packed(int dim = 0) {
  VectorReaderOptions options;
  options.metric = Metric::kHamming;
  options.packed_bits = true;
  options.dim = dim;
  return options;
}

std::string PackedNpy() {
  return WriteFile("p.npy", Npy(1, NpyHeader("|u1", "(2, 2)"),
                                Bytes<uint8_t>({0xa0, 0x10, 0x01, 0xf0})));
}

TEST(BitsTest, ComponentsAboveTheThresholdAreOne) {
  const std::string csv = WriteFile("t.csv", "0.1,0.5,0.50001\n-3,7,0.2\n");
  EXPECT_THAT(*ReadAll(csv, Above(0.5f)),
              ElementsAre(Pair("", ElementsAre(0, 0, 1)),
                          Pair("", ElementsAre(0, 1, 0))));
  EXPECT_THAT(*ReadAll(csv, Above(-4)),
              ElementsAre(Pair("", ElementsAre(1, 1, 1)),
                          Pair("", ElementsAre(1, 1, 1))));
  const auto reader = OpenVectorFile(csv, Above(0.5f));
  EXPECT_EQ((*reader)->description().bits,
            "components above 0.5 are 1, the others 0");
}

TEST(BitsTest, TheThresholdIsComparedInTheFilesPrecision) {
  const std::string npy = WriteFile(
      "t.npy", Npy(1, NpyHeader("<f8", "(1, 2)"), Bytes<double>({0.1, 0.11})));
  EXPECT_THAT(*ReadAll(npy, Above(0.1f)),
              ElementsAre(Pair("", ElementsAre(0, 1))));
}

TEST(BitsTest, WhatIsMissingStaysMissing) {
  VectorReaderOptions options = Above(0.5f);
  options.missing = true;
  EXPECT_THAT(*ReadAll(WriteFile("m.csv", "1,2\n,1\n"), options),
              ElementsAre(Pair("", ElementsAre(1, 1)),
                          Pair("", ElementsAre(IsNan(), 1))));
}

TEST(BitsTest, LabelsAndIdsStay) {
  std::vector<int32_t> ids;
  const std::string path =
      WriteFile("t.jsonl", "{\"id\":7,\"label\":\"a\",\"vector\":[0.2,0.9]}\n");
  EXPECT_THAT(*ReadAll(path, Above(0.5f), &ids),
              ElementsAre(Pair("a", ElementsAre(0, 1))));
  EXPECT_THAT(ids, ElementsAre(7));
}

TEST(BitsTest, BytesAreUnpackedAsNumpyPacksThem) {
  // numpy.packbits([[1,0,1,0,0,0,0,0,0,0,0,1], ...], axis=1)
  const Rows want = {{"", {1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
                     {"", {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}}};
  EXPECT_EQ(*ReadAll(PackedNpy(), Packed(12)), want);
  const std::string bvecs =
      WriteFile("p.bvecs", VecsRow<uint8_t>(2, {0xa0, 0x10}) +
                               VecsRow<uint8_t>(2, {0x01, 0xf0}));
  EXPECT_EQ(*ReadAll(bvecs, Packed(12)), want);
  const std::string npz = WriteFile(
      "p.npz", Zip({{"a.npy", Npy(1, NpyHeader("|u1", "(2, 2)", "True"),
                                  Bytes<uint8_t>({0xa0, 0x01, 0x10, 0xf0}))}},
                   true));
  EXPECT_EQ(*ReadAll(npz, Packed(12)), want);
  const auto all = OpenVectorFile(bvecs, Packed());
  EXPECT_EQ((*all)->dim(), 16);
  EXPECT_EQ((*all)->description().bits,
            "16 components in 2 bytes, the highest bit first");
}

TEST(BitsTest, BitsThatAreNoComponentsMustBeZero) {
  EXPECT_THAT(ReadAll(PackedNpy(), Packed(11)).status().message(),
              HasSubstr("row 0: bit 11 is set, but there are 11 components"));
}

TEST(BitsTest, TheDimensionMustFitTheBytes) {
  for (const int dim : {8, 17, 1000}) {
    EXPECT_THAT(ReadAll(PackedNpy(), Packed(dim)).status().message(),
                HasSubstr(absl::StrCat("rows of 2 bytes hold 9 to 16 packed "
                                       "bits; ",
                                       dim, " components are wanted")));
  }
}

TEST(BitsTest, OnlyBytesAreUnpacked) {
  const std::vector<std::pair<const char*, size_t>> types = {
      {"<f4", 4}, {"<i4", 4}, {"|i1", 1}, {"|b1", 1}, {"<u2", 2}};
  for (const auto& [descr, bytes] : types) {
    const std::string path = WriteFile(
        "x.npy",
        Npy(1, NpyHeader(descr, "(1, 2)"), std::string(2 * bytes, '\0')));
    EXPECT_THAT(ReadAll(path, Packed()).status().message(),
                HasSubstr("--packed_bits reads unsigned bytes"))
        << descr;
  }
  for (const char* name : {"x.csv", "x.jsonl", "x.vec"}) {
    const std::string path =
        WriteFile(name, name[2] == 'c'   ? "1,2\n"
                        : name[2] == 'j' ? "{\"vector\":[1,2]}\n"
                                         : "1 2\na 1 2\n");
    EXPECT_THAT(ReadAll(path, Packed()).status().message(),
                HasSubstr("--packed_bits reads unsigned bytes"))
        << name;
  }
}

TEST(BitsTest, OtherMetricsHaveNoBits) {
  for (VectorReaderOptions options : {Above(0.5f), Packed()}) {
    options.metric = Metric::kAngular;
    EXPECT_THAT(ReadAll(PackedNpy(), options).status().message(),
                HasSubstr("makes bits, for the metric hamming; this one is "
                          "angular"));
  }
  VectorReaderOptions both = Packed();
  both.threshold = 0.5f;
  EXPECT_THAT(ReadAll(PackedNpy(), both).status().message(),
              HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace annod
