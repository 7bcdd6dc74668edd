#include "client/input/vector_reader.h"

#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/input/input_files.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::Pair;

TEST(VectorReaderTest, ReadsEveryNpyTypeAndVersion) {
  struct Case {
    const char* descr;
    std::string data;
  };
  const std::vector<Case> cases = {
      {"<f4", Bytes<float>({1, 2, 3, 4})},
      {"<f8", Bytes<double>({1, 2, 3, 4})},
      {"|i1", Bytes<int8_t>({1, 2, 3, 4})},
      {"|u1", Bytes<uint8_t>({1, 2, 3, 4})},
      {"|b1", Bytes<uint8_t>({1, 2, 3, 4})},
      {"<i2", Bytes<int16_t>({1, 2, 3, 4})},
      {"<u2", Bytes<uint16_t>({1, 2, 3, 4})},
      {"<i4", Bytes<int32_t>({1, 2, 3, 4})},
      {"<u4", Bytes<uint32_t>({1, 2, 3, 4})},
      {"<i8", Bytes<int64_t>({1, 2, 3, 4})},
      {"<u8", Bytes<uint64_t>({1, 2, 3, 4})},
  };
  for (const Case& c : cases) {
    for (const int version : {1, 2, 3}) {
      const std::string path = WriteFile(
          "x.npy", Npy(version, NpyHeader(c.descr, "(2, 2)"), c.data));
      const absl::StatusOr<Rows> rows = ReadAll(path);
      ASSERT_TRUE(rows.ok()) << c.descr << ": " << rows.status();
      EXPECT_THAT(*rows, ElementsAre(Pair("", ElementsAre(1, 2)),
                                     Pair("", ElementsAre(3, 4))))
          << c.descr << " version " << version;
    }
  }
}

TEST(VectorReaderTest, StandardInputIsReadOnce) {
  VectorReaderOptions options;
  options.labels_path = "-";
  EXPECT_THAT(ReadAll("-", options).status().message(),
              HasSubstr("'-' is given more than once"));
  options.ids_path = "-";
  EXPECT_THAT(ReadAll(WriteFile("x.csv", "1,2\n"), options).status().message(),
              HasSubstr("'-' is given more than once"));
}

TEST(VectorReaderTest, TakesAOneDimensionalNpyForOneRow) {
  const std::string path = WriteFile(
      "x.npy", Npy(1, NpyHeader("<f4", "(3,)"), Bytes<float>({1, 2, 3})));
  EXPECT_THAT(*ReadAll(path), ElementsAre(Pair("", ElementsAre(1, 2, 3))));
}

TEST(VectorReaderTest, ReadsFvecsAndBvecs) {
  EXPECT_THAT(
      *ReadAll(WriteFile(
          "x.fvecs", VecsRow<float>(2, {1.5, -2}) + VecsRow<float>(2, {3, 4}))),
      ElementsAre(Pair("", ElementsAre(1.5, -2)), Pair("", ElementsAre(3, 4))));
  EXPECT_THAT(*ReadAll(WriteFile("x.bvecs", VecsRow<uint8_t>(3, {0, 1, 255}))),
              ElementsAre(Pair("", ElementsAre(0, 1, 255))));
}

TEST(VectorReaderTest, ReadsVecWithWordsAsLabelsPlainAndCompressed) {
  const std::string text =
      "3 2\nking 0.5 -1e-3 \nnew york 1 2\n\xC3\xA9t\xC3\xA9 3 4\r\n";
  const auto want = ElementsAre(Pair("king", ElementsAre(0.5f, -0.001f)),
                                Pair("new york", ElementsAre(1, 2)),
                                Pair("\xC3\xA9t\xC3\xA9", ElementsAre(3, 4)));
  EXPECT_THAT(*ReadAll(WriteFile("x.vec", text)), want);
  EXPECT_THAT(*ReadAll(WriteFile("x.vec.gz", Gzip(text))), want);
}

TEST(VectorReaderTest, ReadsNpyInAnyByteAndAxisOrder) {
  const auto want =
      ElementsAre(Pair("", ElementsAre(1, 2)), Pair("", ElementsAre(3, 4)),
                  Pair("", ElementsAre(5, 6)));
  EXPECT_THAT(
      *ReadAll(WriteFile("f.npy", Npy(1, NpyHeader("<f4", "(3, 2)", "True"),
                                      Bytes<float>({1, 3, 5, 2, 4, 6})))),
      want);
  EXPECT_THAT(*ReadAll(WriteFile(
                  "b.npy", Npy(1, NpyHeader(">i2", "(3, 2)"),
                               std::string("\0\1\0\2\0\3\0\4\0\5\0\6", 12)))),
              want);
  // 1, -2, the smallest and the largest number of float16.
  const absl::StatusOr<Rows> halves = ReadAll(WriteFile(
      "h.npy", Npy(1, NpyHeader("<f2", "(1, 4)"),
                   Bytes<uint16_t>({0x3c00, 0xc000, 0x0001, 0x7bff}))));
  ASSERT_TRUE(halves.ok()) << halves.status();
  EXPECT_THAT(*halves,
              ElementsAre(Pair("", ElementsAre(1, -2, 0x1p-24f, 65504))));
  EXPECT_THAT(ReadAll(WriteFile("i.npy", Npy(1, NpyHeader("<f2", "(1, 1)"),
                                             Bytes<uint16_t>({0x7c00}))))
                  .status()
                  .message(),
              HasSubstr("row 0, component 0: inf"));
}

TEST(VectorReaderTest, NanOfANpyIsAMissingComponentWhereThatIsAskedFor) {
  const std::string path =
      WriteFile("x.npy", Npy(1, NpyHeader("<f4", "(1, 2)"),
                             Bytes<float>({1, std::strtof("nan", nullptr)})));
  EXPECT_FALSE(ReadAll(path).ok());
  VectorReaderOptions options;
  options.missing = true;
  EXPECT_THAT(*ReadAll(path, options),
              ElementsAre(Pair("", ElementsAre(1, IsNan()))));
}

TEST(VectorReaderTest, ReadsAnArrayOfAnArchive) {
  const std::string array =
      Npy(1, NpyHeader("<f4", "(2, 1)"), Bytes<float>({1, 2}));
  const std::string other =
      Npy(1, NpyHeader("<f8", "(1, 1)", "True"), Bytes<double>({7}));
  const auto want =
      ElementsAre(Pair("", ElementsAre(1)), Pair("", ElementsAre(2)));
  for (const bool deflated : {false, true}) {
    EXPECT_THAT(
        *ReadAll(WriteFile("one.npz", Zip({{"x.npy", array}}, deflated))),
        want);
    const std::string two = WriteFile(
        "two.npz", Zip({{"a.npy", array}, {"b.npy", other}}, deflated));
    EXPECT_THAT(*ReadAll(two + ":a"), want);
    EXPECT_THAT(*ReadAll(two + ":b"), ElementsAre(Pair("", ElementsAre(7))));
    EXPECT_THAT(std::string(ReadAll(two).status().message()),
                HasSubstr("'a', 'b'"));
    EXPECT_THAT(std::string(ReadAll(two + ":c").status().message()),
                HasSubstr("no array 'c'"));
  }
  std::string damaged = Zip({{"x.npy", array}}, true);
  damaged[60] ^= 1;
  EXPECT_EQ(ReadAll(WriteFile("damaged.npz", damaged)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// The directory of an archive may give sizes in 64 bits, negative ones too. As
// a number of bytes to read that was without a bound.
TEST(VectorReaderTest, ASizeBelowZeroInAnArchiveIsAnError) {
  constexpr int kRows = 100000;
  std::mt19937 random(1);
  std::vector<int32_t> noise;  // that packing makes no shorter
  noise.reserve(kRows);
  for (int i = 0; i < kRows; ++i) {
    noise.push_back(static_cast<int32_t>(random()));
  }
  std::string zip = Zip({{"x.npy", Npy(1, NpyHeader("<i4", "(100000, 1)"),
                                       Bytes<int32_t>(noise))}},
                        /*deflated=*/true);
  const size_t entry = zip.find("PK\1\2");
  zip.replace(entry + 20, 4, "\xff\xff\xff\xff");
  const std::string extra = Bytes<uint16_t>({1, 8}) + Bytes<int64_t>({-5});
  zip.replace(entry + 30, 2, Bytes<uint16_t>({12}));
  zip.insert(entry + 46 + 5, extra);
  const size_t end = zip.rfind("PK\5\6");
  zip.replace(end + 12, 4,
              Bytes<uint32_t>({static_cast<uint32_t>(end - entry)}));
  const absl::Status read = ReadAll(WriteFile("below.npz", zip)).status();
  EXPECT_EQ(read.code(), absl::StatusCode::kInvalidArgument) << read;
  EXPECT_THAT(std::string(read.message()), HasSubstr("negative"));
}

TEST(VectorReaderTest, ReadsWordsWithoutAHeaderAndPassesOverTheirMarks) {
  const auto want = ElementsAre(Pair("foo", ElementsAre(1, 2, 3)),
                                Pair("b r", ElementsAre(4, 5, 6)));
  for (const std::string text :
       {"foo 1 2 3\nb r 4 5 6\n",
        "\xEF\xBB\xBF"
        "foo 1 2 3\r\nb r 4 5 6",
        "2 3\nfoo 1 2 3\nb r 4 5 6\n\n", "2 3\rfoo 1 2 3\rb r 4 5 6\r",
        "\xEF\xBB\xBF"
        "2 3\nfoo 1 2 3\nb r 4 5 6\n\n"}) {
    EXPECT_THAT(*ReadAll(WriteFile("x.vec", text)), want) << text;
    EXPECT_THAT(*ReadAll(WriteFile("x.txt", text)), want) << text;
  }
  VectorReaderOptions options;
  options.label_column = "none";
  EXPECT_THAT(*ReadAll(WriteFile("l.vec", "k\xE9 1\n"), options),
              ElementsAre(Pair("", ElementsAre(1))));
}

TEST(VectorReaderTest, JsonLinesMayHaveIdsLabelsNamesAndHoles) {
  std::vector<int32_t> ids;
  EXPECT_THAT(
      *ReadAll(WriteFile("x.jsonl",
                         "{\"id\":7,\"label\":\"n\",\"vector\":[1,2]}\n\n"
                         "{\"id\":9,\"label\":null,\"vector\":[-3,4e0]}"),
               {}, &ids),
      ElementsAre(Pair("n", ElementsAre(1, 2)), Pair("", ElementsAre(-3, 4))));
  EXPECT_THAT(ids, ElementsAre(7, 9));
  VectorReaderOptions options;
  options.missing = true;
  options.feature_names = {"x", "y"};
  EXPECT_THAT(*ReadAll(WriteFile("y.jsonl.gz",
                                 Gzip("{\"y\":2,\"label\":\"a\"}\n[null,1]\n"
                                      "{\"vector\":{\"0\":5}}\n")),
                       options),
              ElementsAre(Pair("a", ElementsAre(IsNan(), 2)),
                          Pair("", ElementsAre(IsNan(), 1)),
                          Pair("", ElementsAre(5, IsNan()))));
}

TEST(VectorReaderTest, LabelsAndIdsMayLieInFilesOfTheirOwn) {
  VectorReaderOptions options;
  options.labels_path = WriteFile("labels", "a\n\n");
  options.ids_path = WriteFile("ids", "5\n3\n");
  const std::string rows =
      WriteFile("x.fvecs", VecsRow<float>(1, {1}) + VecsRow<float>(1, {2}));
  std::vector<int32_t> ids;
  EXPECT_THAT(*ReadAll(rows, options, &ids),
              ElementsAre(Pair("a", ElementsAre(1)), Pair("", ElementsAre(2))));
  EXPECT_THAT(ids, ElementsAre(5, 3));
  options.ids_path = WriteFile("few", "5\n");
  EXPECT_THAT(ReadAll(rows, options).status().message(),
              HasSubstr("more rows than ids"));
}

TEST(VectorReaderTest, FloatsThatAreAllDenormalAreSuspected) {
  const auto warnings = [](const std::string& path) {
    return (*OpenVectorFile(path, {}))->description().warnings;
  };
  const std::string ids = VecsRow<int32_t>(3, {0, 1, 70000});
  EXPECT_THAT(warnings(WriteFile("ids.fvecs", ids)),
              ElementsAre(HasSubstr(".ivecs")));
  EXPECT_THAT(warnings(WriteFile("ok.fvecs", VecsRow<float>(2, {0, 1e-3}))),
              ElementsAre());
  VectorReaderOptions options;
  options.ids_wanted = true;
  EXPECT_THAT(*ReadAll(WriteFile("x.ivecs", ids), options),
              ElementsAre(Pair("", ElementsAre(0, 1, 70000))));
  EXPECT_THAT(
      *ReadAll(WriteFile("x.csv", "0,1\n1,0\n"), options),
      ElementsAre(Pair("", ElementsAre(0, 1)), Pair("", ElementsAre(1, 0))));
}

TEST(VectorReaderTest, BinaryFilesMayBeCompressed) {
  const auto want = ElementsAre(Pair("", ElementsAre(1, 2)));
  const std::string npy =
      Npy(1, NpyHeader("<f4", "(1, 2)"), Bytes<float>({1, 2}));
  EXPECT_THAT(*ReadAll(WriteFile("x.npy.gz", Gzip(npy))), want);
  EXPECT_THAT(*ReadAll(WriteFile("x.npy", Gzip(npy))), want);
  EXPECT_THAT(
      *ReadAll(WriteFile("x.fvecs.gz", Gzip(VecsRow<float>(2, {1, 2})))), want);
  EXPECT_THAT(
      *ReadAll(WriteFile("x.bvecs.gz", Gzip(VecsRow<uint8_t>(2, {1, 2})))),
      want);
}

// As node2vec writes them: the words are numbers.
TEST(VectorReaderTest, ATextWhoseWordsAreNumbersIsToldByItsHeader) {
  const auto want =
      ElementsAre(Pair("7", ElementsAre(.5, 2)), Pair("9", ElementsAre(1, 3)));
  EXPECT_THAT(*ReadAll(WriteFile("x.txt", "2 2\n7 .5 2\n9 1 3\n")), want);
  EXPECT_THAT(
      *ReadAll(WriteFile("y.txt", "2 2\n7 5\n")),
      ElementsAre(Pair("", ElementsAre(2, 2)), Pair("", ElementsAre(7, 5))));
}

TEST(VectorReaderTest, ReadsShapesOfPython2) {
  EXPECT_THAT(*ReadAll(WriteFile("x.npy", Npy(1, NpyHeader("<f4", "(1L, 2L)"),
                                              Bytes<float>({1, 2})))),
              ElementsAre(Pair("", ElementsAre(1, 2))));
}

TEST(VectorReaderTest, WhatHasNoTellingNameIsToldByItsFirstBytes) {
  const auto want = ElementsAre(Pair("", ElementsAre(1, 2)));
  for (const std::string& bytes :
       {std::string("1,2\n"), std::string("[1,2]\n"),
        Npy(1, NpyHeader("<f4", "(1, 2)"), Bytes<float>({1, 2}))}) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    ASSERT_EQ(write(fds[1], bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
    close(fds[1]);
    EXPECT_THAT(*ReadAll(absl::StrCat("/dev/fd/", fds[0])), want);
    close(fds[0]);
  }
  VectorReaderOptions options;
  options.format = "csv";
  EXPECT_THAT(*ReadAll(WriteFile("data", "1,2\n"), options), want);
}

TEST(VectorReaderTest, APipeCanBeReadAgainFromACopy) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  ASSERT_EQ(write(fds[1], "a 1\nb 2\n", 8), 8);
  close(fds[1]);
  const auto file = RereadableFile::Open(absl::StrCat("/dev/fd/", fds[0]), {});
  close(fds[0]);
  ASSERT_TRUE(file.ok()) << file.status();
  for (int i = 0; i < 2; ++i) {
    const auto reader = file->Read();
    ASSERT_TRUE(reader.ok()) << reader.status();
    std::vector<float> row(1);
    std::string label;
    EXPECT_TRUE(*(*reader)->Next(absl::MakeSpan(row), &label));
    EXPECT_EQ(label, "a");
    EXPECT_TRUE(*(*reader)->Next(absl::MakeSpan(row), &label));
    EXPECT_EQ((*reader)->place(), "line 2");
    EXPECT_FALSE(*(*reader)->Next(absl::MakeSpan(row), &label));
  }
}

}  // namespace
}  // namespace annod
