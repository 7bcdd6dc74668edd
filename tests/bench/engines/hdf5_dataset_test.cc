#include "bench/engines/hdf5_dataset.h"

#include <hdf5/serial/hdf5.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

// Writes a data set of the layout that ann-benchmarks uses.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(const std::string& name)
      : path_(testing::TempDir() + "/" + name + ".hdf5"),
        file_(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT,
                        H5P_DEFAULT)) {}

  template <typename T>
  void AddRows(const char* name, hid_t type, int width,
               const std::vector<T>& values) {
    const hsize_t shape[] = {values.size() / width,
                             static_cast<hsize_t>(width)};
    const hid_t space = H5Screate_simple(2, shape, nullptr);
    const hid_t dataset = H5Dcreate2(file_, name, type, space, H5P_DEFAULT,
                                     H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Sclose(space);
  }

  void AddText(const char* name, const std::string& text, bool variable) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, variable ? H5T_VARIABLE : text.size() + 1);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute =
        H5Acreate2(file_, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const char* pointer = text.c_str();
    H5Awrite(attribute, type,
             variable ? static_cast<const void*>(&pointer) : pointer);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  }

  std::string Close() {
    H5Fclose(file_);
    return path_;
  }

 private:
  const std::string path_;
  const hid_t file_;
};

std::string SmallFile(const std::string& name, const std::string& distance,
                      bool variable, int32_t neighbor) {
  Hdf5Writer writer(name);
  std::vector<float> train;
  for (int i = 0; i < 200; ++i) {
    train.insert(train.end(),
                 {static_cast<float>(i), static_cast<float>(i * i % 17)});
  }
  writer.AddRows("train", H5T_NATIVE_FLOAT, 2, train);
  writer.AddRows<float>("test", H5T_NATIVE_FLOAT, 2, {0, 0, 100, 4});
  writer.AddRows<int32_t>("neighbors", H5T_NATIVE_INT32, 1, {0, neighbor});
  writer.AddText("distance", distance, variable);
  return writer.Close();
}

TEST(Hdf5DatasetTest, ReadsVectorsQueriesNeighboursAndMetric) {
  for (const bool variable : {false, true}) {
    const auto data =
        ReadHdf5Dataset(SmallFile("good", "euclidean", variable, 100), 0);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->metric, Metric::kEuclidean);
    EXPECT_EQ(data->train.slot_count(), 200);
    EXPECT_EQ(data->train.row(3)[0], 3);
    EXPECT_EQ(data->test.row(1)[0], 100);
    EXPECT_EQ(data->neighbors[1], std::vector<int32_t>{100});
  }
}

TEST(Hdf5DatasetTest, TakesFewerQueriesIfAsked) {
  const auto data =
      ReadHdf5Dataset(SmallFile("fewer", "angular", true, 100), 1);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->test.slot_count(), 1);
  EXPECT_EQ(data->neighbors.size(), 1u);
}

TEST(Hdf5DatasetTest, RefusesWhatIsNoBenchmark) {
  EXPECT_FALSE(ReadHdf5Dataset("/nowhere.hdf5", 0).ok());
  EXPECT_FALSE(
      ReadHdf5Dataset(SmallFile("metric", "jaccard", true, 1), 0).ok());
  const auto bad_id =
      ReadHdf5Dataset(SmallFile("id", "euclidean", true, 200), 0);
  EXPECT_EQ(bad_id.status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace annod
