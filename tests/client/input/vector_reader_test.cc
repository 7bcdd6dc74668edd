#include "client/input/vector_reader.h"

#include <hdf5/serial/hdf5.h>
#include <zlib.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::Pair;

using Rows = std::vector<std::pair<std::string, std::vector<float>>>;

std::string TestPath(const std::string& name) {
  return absl::StrCat(
      ::testing::TempDir(), "/",
      ::testing::UnitTest::GetInstance()->current_test_info()->name(), "-",
      name);
}

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = TestPath(name);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  return path;
}

std::string Gzip(const std::string& text) {
  const std::string path = TestPath("tmp.gz");
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), text.size());
  gzclose(file);
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(T));
}

template <typename T>
std::string VecsRow(int32_t dim, const std::vector<T>& values) {
  return Bytes<int32_t>({dim}) + Bytes(values);
}

std::string Npy(int version, const std::string& header,
                const std::string& data) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  const uint32_t size = header.size();
  out += Bytes<uint32_t>({size}).substr(0, version == 1 ? 2 : 4);
  return out + header + data;
}

std::string NpyHeader(const std::string& descr, const std::string& shape,
                      const std::string& order = "False") {
  return absl::StrCat("{'descr': '", descr, "', 'fortran_order': ", order,
                      ", 'shape': ", shape, ", }   \n");
}

absl::StatusOr<Rows> ReadAll(const std::string& path,
                             const VectorReaderOptions& options = {}) {
  absl::StatusOr<std::unique_ptr<VectorReader>> reader =
      OpenVectorFile(path, options);
  if (!reader.ok()) return reader.status();
  Rows rows;
  std::vector<float> row((*reader)->dim());
  std::string label;
  while (true) {
    const absl::StatusOr<bool> more =
        (*reader)->Next(absl::MakeSpan(row), &label);
    if (!more.ok()) {
      // An error is final.
      EXPECT_EQ((*reader)->Next(absl::MakeSpan(row), &label).status(),
                more.status());
      return more.status();
    }
    if (!*more) break;
    rows.push_back({label, row});
  }
  if ((*reader)->row_count().has_value()) {
    EXPECT_EQ(*(*reader)->row_count(), static_cast<int64_t>(rows.size()));
  }
  return rows;
}

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

TEST(VectorReaderTest, ReadsCsvWithAndWithoutHeaderAndLabels) {
  struct Case {
    const char* text;
    CsvLabels labels;
    Rows want;
  };
  const std::vector<Case> cases = {
      {"1,2\n3, 4\n", CsvLabels::kAuto, {{"", {1, 2}}, {"", {3, 4}}}},
      {"x,y\n1,2\n", CsvLabels::kAuto, {{"", {1, 2}}}},
      {"a,1,2\nb,3,4", CsvLabels::kAuto, {{"a", {1, 2}}, {"b", {3, 4}}}},
      {"name,x,y\na,1,2\n", CsvLabels::kAuto, {{"a", {1, 2}}}},
      {"\"a,\"\"1\"\"\",1,2\n", CsvLabels::kAuto, {{"a,\"1\"", {1, 2}}}},
      {"7,1,2\n8,3,4\n", CsvLabels::kFirst, {{"7", {1, 2}}, {"8", {3, 4}}}},
      {"name,x\n7,1\n", CsvLabels::kFirst, {{"7", {1}}}},
      {"\xEF\xBB\xBF"
       "1,2\r\n\r\n3,4\r\n",
       CsvLabels::kNone,
       {{"", {1, 2}}, {"", {3, 4}}}},
  };
  for (const Case& c : cases) {
    VectorReaderOptions options;
    options.csv_labels = c.labels;
    const absl::StatusOr<Rows> rows =
        ReadAll(WriteFile("x.csv", c.text), options);
    ASSERT_TRUE(rows.ok()) << c.text << ": " << rows.status();
    EXPECT_EQ(*rows, c.want) << c.text;
  }
  EXPECT_THAT(*ReadAll(WriteFile("x.csv.gz", Gzip("1,2\n"))),
              ElementsAre(Pair("", ElementsAre(1, 2))));
}

TEST(VectorReaderTest, CsvMayLackComponentsWhereThatIsAskedFor) {
  const std::string path =
      WriteFile("x.csv", "name,x,\"y, z\"\na,1,NA\nb, ,2\n,3,4\n");
  VectorReaderOptions options;
  options.csv_labels = CsvLabels::kFirst;
  options.csv_missing = true;
  const auto reader = OpenVectorFile(path, options);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT((*reader)->column_names(), ElementsAre("x", "y, z"));
  const absl::StatusOr<Rows> rows = ReadAll(path, options);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(*rows, ElementsAre(Pair("a", ElementsAre(1, IsNan())),
                                 Pair("b", ElementsAre(IsNan(), 2)),
                                 Pair("", ElementsAre(3, 4))));
  // "nan" is a number that is wrong, not one that is missing.
  EXPECT_THAT(
      ReadAll(WriteFile("n.csv", "1,2\n1,nan\n"), options).status().message(),
      HasSubstr("'nan' is not a finite number"));
  options.csv_missing = false;
  EXPECT_THAT(ReadAll(WriteFile("m.csv", "a,1,2\nb,NA,2\n"), options)
                  .status()
                  .message(),
              HasSubstr("line 2: column 2: 'NA'"));
}

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
       Npy(1, NpyHeader(">f4", "(1, 1)"), "abcd"),
       {"'>f4' is not read"}},
      {"x.npy", Npy(1, NpyHeader("|O", "(1, 1)"), "abcd"), {"'|O'"}},
      {"x.npy",
       Npy(1, NpyHeader("<f4", "(2, 2)", "True"), std::string(16, 0)),
       {"Fortran"}},
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
      {"x.vec", "king 1 2\n", {"line 1", "'king 1 2'"}},
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
      {"x.csv", std::string(9 << 20, '1'), {"line 1: longer than 8388608"}},
      {"x.hdf5", "not hdf5", {"not an HDF5 file"}},
  };
  for (const Case& c : cases) {
    const std::string path = WriteFile(c.file, c.bytes);
    const absl::Status status = ReadAll(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss)
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
  EXPECT_EQ(ReadAll(WriteFile("cut.vec.gz", cut)).status().code(),
            absl::StatusCode::kDataLoss);
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // in the CRC
  EXPECT_EQ(ReadAll(WriteFile("damaged.vec.gz", damaged)).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(VectorReaderTest, AMissingFileIsNotFoundAndAnUnknownEndingIsInvalid) {
  for (const char* name : {"no.npy", "no.fvecs", "no.csv", "no.vec", "no.h5"}) {
    EXPECT_EQ(ReadAll(TestPath(name)).status().code(),
              absl::StatusCode::kNotFound)
        << name;
  }
  EXPECT_EQ(ReadAll(WriteFile("x.parquet", "")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// Writes a dataset of `type` (rows x dim, or 1-d if dim is 0).
std::string WriteHdf5(const std::string& dataset, hid_t type, hsize_t rows,
                      hsize_t dim, const void* data) {
  const std::string path = TestPath("x.hdf5");
  const hid_t file =
      H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t sizes[2] = {rows, dim};
  const hid_t space = H5Screate_simple(dim == 0 ? 1 : 2, sizes, nullptr);
  const hid_t set = H5Dcreate2(file, dataset.c_str(), type, space, H5P_DEFAULT,
                               H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  H5Dclose(set);
  H5Sclose(space);
  H5Fclose(file);
  return path;
}

TEST(VectorReaderTest, ReadsHdf5FloatsIntegersAndBooleans) {
  const float floats[] = {1, 2, 3, 4};
  EXPECT_THAT(
      *ReadAll(WriteHdf5("train", H5T_NATIVE_FLOAT, 2, 2, floats)),
      ElementsAre(Pair("", ElementsAre(1, 2)), Pair("", ElementsAre(3, 4))));
  const double doubles[] = {1, 2};
  EXPECT_THAT(
      *ReadAll(WriteHdf5("test", H5T_NATIVE_DOUBLE, 1, 2, doubles) + ":test"),
      ElementsAre(Pair("", ElementsAre(1, 2))));
  const int16_t shorts[] = {-1, 2};
  EXPECT_THAT(*ReadAll(WriteHdf5("train", H5T_NATIVE_INT16, 2, 1, shorts)),
              ElementsAre(Pair("", ElementsAre(-1)), Pair("", ElementsAre(2))));
  const hid_t boolean = H5Tenum_create(H5T_NATIVE_INT8);
  int8_t value = 0;
  H5Tenum_insert(boolean, "FALSE", &value);
  value = 1;
  H5Tenum_insert(boolean, "TRUE", &value);
  const int8_t bits[] = {0, 1, 1};
  EXPECT_THAT(*ReadAll(WriteHdf5("train", boolean, 1, 3, bits)),
              ElementsAre(Pair("", ElementsAre(0, 1, 1))));
  H5Tclose(boolean);
}

TEST(VectorReaderTest, ReadsHdf5AcrossBlocks) {
  constexpr int kRows = 20000, kDim = 32;  // 2.5 MB: several blocks
  std::vector<float> data(kRows * kDim);
  for (size_t i = 0; i < data.size(); ++i) data[i] = i % 65521;
  const absl::StatusOr<Rows> rows =
      ReadAll(WriteHdf5("train", H5T_NATIVE_FLOAT, kRows, kDim, data.data()));
  ASSERT_TRUE(rows.ok()) << rows.status();
  for (int r = 0; r < kRows; ++r) {
    ASSERT_EQ((*rows)[r].second,
              std::vector<float>(data.begin() + r * kDim,
                                 data.begin() + (r + 1) * kDim))
        << "row " << r;
  }
}

TEST(VectorReaderTest, RefusesHdf5OfAnotherShapeOrName) {
  const float floats[] = {1, 2};
  const std::string flat = WriteHdf5("train", H5T_NATIVE_FLOAT, 2, 0, floats);
  EXPECT_THAT(std::string(ReadAll(flat).status().message()),
              HasSubstr("1 dimensions, not 2"));
  const absl::Status missing = ReadAll(flat + ":neighbors").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("neighbors"));
}

}  // namespace
}  // namespace annod
