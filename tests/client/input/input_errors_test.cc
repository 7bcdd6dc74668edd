// What input files do wrong is named.
#include <cstdlib>
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

using ::testing::HasSubstr;

TEST(VectorReaderTest, AnErrorNamesFilePlaceAndValue) {
  struct Case {
    const char* file;
    std::string bytes;
    std::vector<std::string> message;  // parts, all of which must occur
  };
  const std::string f4 = NpyHeader("<f4", "(2, 2)");
  const float nan = std::strtof("nan", nullptr);
  const std::vector<Case> cases = {
      {"x.npy", "", {"ends early"}},
      {"x.npy", "not numpy at all", {"magic"}},
      {"x.npy", Npy(4, f4, ""), {"version 4"}},
      {"x.npy", Npy(1, f4, "abc"), {"2 rows of 2 <f4 need", "bytes"}},
      {"x.npy",
       Npy(1, NpyHeader("<c8", "(1, 1)"), "abcdefgh"),
       {"'<c8' is not read"}},
      {"x.npy", Npy(1, NpyHeader("|O", "(1, 1)"), "abcd"), {"'|O'"}},
      {"x.npy", Npy(1, NpyHeader("<f4", "(1, 2, 3)"), ""), {"3 dimensions"}},
      {"x.npy", Npy(1, NpyHeader("<f4", "(1, -2)"), ""), {"'-2'"}},
      {"x.npy",
       Npy(1, NpyHeader("<f4", "(1, 65537)"), ""),
       {"65537 components", "65536"}},
      {"x.npy",
       Npy(1, NpyHeader("<f4", "(4611686018427387904, 8)"), ""),
       {"4611686018427387904 rows"}},
      {"x.npy", Npy(1, "{'descr': '<f4'", ""), {"fortran_order"}},
      {"x.npy",
       std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12),
       {"header of 4294967295 bytes"}},
      {"x.npy",
       Npy(1, f4, Bytes<float>({1, 2, 3, nan})),
       {"row 1, component 1", "nan"}},
      {"x.npy",
       Npy(1, NpyHeader("<f8", "(1, 1)"), Bytes<double>({1e300})),
       {"row 0", "1e+300"}},
      {"x.fvecs", "", {"empty file"}},
      {"x.fvecs", VecsRow<float>(-5, {1}), {"-5 components"}},
      {"x.fvecs", VecsRow<float>(2, {1}), {"8 bytes", "12 bytes"}},
      {"x.fvecs",
       VecsRow<float>(1, {1}) + VecsRow<float>(2, {1}),
       {"row 1 says 2", "row 0 has 1"}},
      {"x.vec", "", {"line 1"}},
      {"x.vec", "1 2 3\n4 5 6\n", {"line 1", "'1 2 3'", "header"}},
      {"x.vec", "king 1 x 2\nqueen 1 2 3\n", {"line 1: 'x'"}},
      {"x.vec", "king 1 2\nqueen 1 2 3\n", {"line 2", "2 components"}},
      {"x.vec", "king 1 2\nqueen 1\n", {"line 2", "line 1 has 2"}},
      {"x.vec", "1 1\nk\xE9 1\n", {"line 2", "k\\xe9", "UTF-8"}},
      {"x.vec", "1 0\n", {"0 components"}},
      {"x.vec", "1 2\nking 1\n", {"line 2", "1 components"}},
      {"x.vec", "1 2\nking 1 2 3\n", {"line 2", "more than the 2"}},
      {"x.vec", "1 2\nking 1 two\n", {"line 2: component 1: 'two'"}},
      {"x.vec", "1 2\nking 1 inf\n", {"line 2: component 1: 'inf'"}},
      {"x.vec", "2 1\nking 1\n", {"after 1 of the 2 words"}},
      {"x.vec", "1 1\nking 1\nqueen 2\n", {"line 3", "more words than the 1"}},
      {"x.vec",
       "1 1\n" + std::string(1025, 'x') + " 1\n",
       {"line 2", "word of 1025 bytes"}},
      {"x.csv", "", {"no vector"}},
      {"x.csv", "x,y\n", {"no vector"}},
      {"x.csv", "1,2\n1,2,3\n", {"line 2: 3 columns", "has 2"}},
      {"x.csv", "1,2\n\n1,zwei\n", {"line 3: column 2: 'zwei'"}},
      {"x.csv", "1,2\n1,\n", {"line 2: column 2: ''"}},
      {"x.csv", "a,1\n\"b,2\n", {"line 2: a quote is not closed"}},
      {"x.csv", "a,1\n\"b\"c,2\n", {"line 2: text follows"}},
      {"x.csv", "a,1\nb\xE9,2\n", {"line 2", "b\\xe9", "UTF-8"}},
      {"x.csv",
       std::string("\xFF\xFE"
                   "1\0,\0",
                   6),
       {"line 1", "UTF-16"}},
      {"x.vec", std::string("\0001\0 ", 4), {"line 1", "UTF-16"}},
      {"x.jsonl", "[1,2]\n[1]\n", {"line 2: 1 components, not 2"}},
      {"x.jsonl", "[1,2\n", {"line 1: not a row of JSON"}},
      {"x.jsonl", "[1,null]\n", {"line 1: component 1 is null"}},
      {"x.jsonl", "[1,1e39]\n", {"line 1: component 1", "finite"}},
      {"x.jsonl", "{\"vector\":[1],\"text\":2}\n", {"line 1: 'text'"}},
      {"x.jsonl", "{\"id\":1,\"vector\":[1]}\n[2]\n", {"line 2", "no id"}},
      {"x.jsonl", "{\"id\":-1,\"vector\":[1]}\n", {"line 1: id -1"}},
      {"x.jsonl", "{\"id\":\"a\",\"vector\":[1]}\n", {"line 1: the id"}},
      {"x.jsonl", "{\"label\":1,\"vector\":[1]}\n", {"line 1: the label 1"}},
      {"x.jsonl", "", {"no row"}},
      {"x.csv", "0x10,2\n3,4\n", {"line 1: column 1: '0x10'"}},
      {"x.csv", "id,x\n.5,1\n", {"line 2: column 1 'id': '.5'", "id_column"}},
      {"x.csv", "id,x\n1,1\n2.0,1\n", {"line 3: column 1 'id': '2.0'"}},
      {"x.vec", "1 1\nking 0x1\n", {"'0x1' is not a finite number"}},
      {"x.vec", "0 2\n", {"no vector"}},
      {"x.npy", Npy(1, NpyHeader("<f4", "(0, 2)"), ""), {"no vector"}},
      {"x.npy",
       Npy(1, NpyHeader("|O", "(1, 2)"), ""),
       {"type '|O' is not read"}},
      {"x.npy",
       Npy(1,
           "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
           Bytes<float>({1})),
       {"records with fields", "structured_to_unstructured"}},
      {"x.jsonl", "{\"vector\":\"1,2\"}\n", {"line 1: 'vector' must be an"}},
      {"x.jsonl",
       "{\"id\":\"a\",\"embedding\":[1]}\n",
       {"line 1: the row has no 'vector'; it has 'embedding'"}},
      {"x.jsonl", "{\"vector\":[1}\n", {"unexpected '}'; expected ']'"}},
      {"x.npz", "PK", {"ZIP"}},
      {"x.ivecs", VecsRow<int32_t>(2, {1, 2}), {"ids", "not vectors"}},
      {"x.csv", std::string(9 << 20, '1'), {"line 1: longer than 8388608"}},
      {"x.hdf5", "not hdf5", {"not an HDF5 file"}},
      {"x.npz",
       Zip({{"data.npy", ""}, {"indptr.npy", ""}}, /*deflated=*/false),
       {"a sparse matrix of scipy"}},
      {"x.jsonl",
       "{\"vector\":{\"values\":[1,2]}}\n",
       {"line 1: 'vector' has 'values'; it must be an array"}},
  };
  for (const Case& c : cases) {
    const std::string path = WriteFile(c.file, c.bytes);
    const absl::Status status = ReadAll(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << c.message[0] << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    for (const std::string& part : c.message) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(part));
    }
  }
}

TEST(VectorReaderTest, ACutOrDamagedGzipStreamIsAnError) {
  std::string text = "2000 1\n";
  for (int i = 0; i < 2000; ++i) {
    absl::StrAppend(&text, "w", i * 7919 % 2003, " ", i, "\n");
  }
  const std::string whole = Gzip(text);
  ASSERT_EQ(ReadAll(WriteFile("whole.vec.gz", whole))->size(), 2000);
  const std::string cut = whole.substr(0, whole.size() / 2);
  const absl::Status cut_short = ReadAll(WriteFile("cut.vec.gz", cut)).status();
  EXPECT_EQ(cut_short.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(cut_short.message()),
              HasSubstr(": the compressed file ends early"));
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // in the CRC
  EXPECT_EQ(ReadAll(WriteFile("damaged.vec.gz", damaged)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// gzread() takes the first bytes that are not compressed for the end.
TEST(VectorReaderTest, WhatFollowsCompressedRowsIsNotLost) {
  const std::string rows = Gzip("1,2\n") + Gzip("3,4\n");
  EXPECT_EQ(ReadAll(WriteFile("two.csv.gz", rows))->size(), 2);
  EXPECT_EQ(ReadAll(WriteFile("padded.csv.gz", rows + std::string(512, '\0')))
                ->size(),
            2);
  std::string damaged = rows;
  damaged[Gzip("1,2\n").size()] ^= 1;
  for (const std::string& bytes : {damaged, rows + "5,6\n"}) {
    const absl::Status status = ReadAll(WriteFile("x.csv.gz", bytes)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("what follows the compressed bytes"));
  }
}

TEST(VectorReaderTest, AMissingFileIsNotFoundAndAnUnknownEndingIsInvalid) {
  for (const char* name : {"no.npy", "no.fvecs", "no.csv", "no.vec", "no.h5"}) {
    EXPECT_EQ(ReadAll(TestPath(name)).status().code(),
              absl::StatusCode::kNotFound)
        << name;
  }
  EXPECT_EQ(ReadAll(WriteFile("x.parquet", "")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(ReadAll(WriteFile("x.vec.bz2", "")).status().message()),
      HasSubstr("bzcat FILE | annodctl"));
  EXPECT_THAT(std::string(ReadAll(WriteFile("x.json", "")).status().message()),
              HasSubstr("a row a line"));
  EXPECT_THAT(std::string(ReadAll(WriteFile("x.ann", "")).status().message()),
              HasSubstr("annodctl deserialize"));
  EXPECT_THAT(std::string(ReadAll(WriteFile("x.pkl", "")).status().message()),
              HasSubstr("numpy.save"));
  EXPECT_THAT(std::string(ReadAll(WriteFile("x.xlsx", "")).status().message()),
              HasSubstr("save the table as .csv"));
}

TEST(VectorReaderTest, WhatIsNoTextIsCalledWhatItIs) {
  using std::string_literals::operator""s;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BZh91AY&SY\x01\x02", "compressed by bzip2"},
      {"\xFD"
       "7zXZ\0\0\4"s,
       "compressed by xz"},
      {"\x28\xB5\x2F\xFD\x24\n1,2", "compressed by zstd"},
      {"PK\x03\x04\n1,2", "a ZIP archive"},
      {"\x93NUMPY\x01", "--input_format npy"},
      {"PAR1\x15", "Parquet"},
      {"2 3\na \0\0\x80\x3F\n"s, "word2vec's binary format"},
      {VecsRow<float>(2, {1, 2}), "--input_format tells fvecs"},
      {Gzip(Gzip("1,2\n")), "compressed twice by gzip"},
      {"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"},
      {"<!DOCTYPE html>\n", "a web page"},
      {"a\0b,1\n"s, "byte 1 is zero"},
      {"a\0,\0"s, "UTF-16 without a byte order mark"},
  };
  for (const auto& [bytes, what] : cases) {
    const absl::Status status = ReadAll(WriteFile("x.csv", bytes)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  }
  for (const char* name : {"x.npy", "x.npz", "x.hdf5", "x.fvecs"}) {
    const absl::Status status =
        ReadAll(WriteFile(name, "version https://git-lfs.github.com/spec/v1\n"))
            .status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("a Git LFS pointer"))
        << name;
  }
}

TEST(VectorReaderTest, JsonOfAnyDepthAndShapeIsAnError) {
  const std::string deep =
      std::string(100000, '[') + "1" + std::string(100000, ']');
  const std::vector<std::pair<std::string, const char*>> cases = {
      {deep, "nested 100000 levels deep; the limit is 64"},
      {"{\"vector\":[1,2],\"id\":" + deep + "}", "levels deep"},
      {"{\"id\":1,\"vector\":[1,2],\"id\":2}", "'id' is given twice"},
      {"{\"vector\":{\"0\":1,\"0\":2}}", "'0' is given twice"},
      {"[[1,2],[3,4]]", "each line is one row"},
      {"[", "large array"},
      {"[1,2],", "large array"},
      {"[1,NaN]", "NaN and Infinity are not JSON"},
  };
  for (const auto& [text, what] : cases) {
    const absl::Status status = ReadAll(WriteFile("x.jsonl", text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  }
}

}  // namespace
}  // namespace annod
