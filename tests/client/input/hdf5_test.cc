#include <fcntl.h>
#include <hdf5/serial/hdf5.h>
#include <sys/file.h>
#include <unistd.h>

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
using ::testing::Pair;

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

TEST(Hdf5Test, ReadsHdf5FloatsIntegersAndBooleans) {
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

TEST(Hdf5Test, ReadsHdf5AcrossBlocks) {
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

TEST(Hdf5Test, RefusesHdf5OfAnotherShapeOrName) {
  const float floats[] = {1, 2};
  const std::string flat = WriteHdf5("train", H5T_NATIVE_FLOAT, 2, 0, floats);
  EXPECT_THAT(std::string(ReadAll(flat).status().message()),
              HasSubstr("1 dimensions, not 2"));
  const absl::Status missing = ReadAll(flat + ":neighbors").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("neighbors"));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("'train' (2)"));
}

TEST(Hdf5Test, NamesALockAndDamage) {
  const float floats[] = {1, 2};
  const std::string path = WriteHdf5("train", H5T_NATIVE_FLOAT, 1, 2, floats);
  const int fd = open(path.c_str(), O_RDWR);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  EXPECT_THAT(std::string(ReadAll(path).status().message()),
              HasSubstr("locked"));
  ASSERT_EQ(flock(fd, LOCK_UN), 0);
  ASSERT_TRUE(ReadAll(path).ok());
  ASSERT_EQ(ftruncate(fd, 200), 0);
  close(fd);
  EXPECT_THAT(std::string(ReadAll(path).status().message()),
              HasSubstr("damaged"));
}

size_t PassOn(unsigned, size_t, const unsigned[], size_t bytes, size_t*,
              void**) {
  return bytes;
}

TEST(Hdf5Test, NamesAFilterThatIsNotThere) {
  constexpr H5Z_filter_t kFilter = 300;
  const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, kFilter, 1,       1,
                               "squeeze",        nullptr, nullptr, PassOn};
  ASSERT_GE(H5Zregister(&filter), 0);
  const std::string path = TestPath("x.hdf5");
  const hid_t file =
      H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t sizes[2] = {1, 2};
  const hid_t space = H5Screate_simple(2, sizes, nullptr);
  const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(how, 2, sizes);
  H5Pset_filter(how, kFilter, 0, 0, nullptr);
  const hid_t set = H5Dcreate2(file, "train", H5T_NATIVE_FLOAT, space,
                               H5P_DEFAULT, how, H5P_DEFAULT);
  const float floats[] = {1, 2};
  H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, floats);
  H5Dclose(set);
  H5Pclose(how);
  H5Sclose(space);
  H5Fclose(file);
  EXPECT_THAT(*ReadAll(path), ElementsAre(Pair("", ElementsAre(1, 2))));
  ASSERT_GE(H5Zunregister(kFilter), 0);
  EXPECT_THAT(std::string(ReadAll(path).status().message()),
              HasSubstr("packed by filter squeeze, number 300"));
}

}  // namespace
}  // namespace annod
