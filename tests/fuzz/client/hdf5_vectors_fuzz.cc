// Vectors in HDF5 files. Most of what is run here is libhdf5.

#include <hdf5/serial/hdf5.h>

#include <string>
#include <vector>

#include "core/file_system.h"
#include "tests/fuzz/client/vectors_run.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/scratch_directory.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

void Run(absl::string_view bytes) {
  Input input(bytes);
  const bool named = input.Bool();
  const VectorReaderOptions options = AnyOptions(&input);
  ReadVectors(input.Rest(), named ? "hdf5:train" : "hdf5", options, "");
}

std::vector<std::string> Seeds() {
  const ScratchDirectory directory;
  const std::string path = directory.path() + "/seed.hdf5";
  const hid_t file =
      H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t sizes[] = {2, 3};
  const float floats[] = {1, 2, 3, 4, 5, 6};
  const hid_t space = H5Screate_simple(2, sizes, nullptr);
  const hid_t set = H5Dcreate2(file, "train", H5T_NATIVE_FLOAT, space,
                               H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, floats);
  H5Dclose(set);
  H5Sclose(space);
  H5Fclose(file);
  const std::string bytes =
      *FileSystem::Posix()->ReadFile(path, size_t{1} << 20);
  std::string seed(1, '\1');
  seed.append(kPlainOptions.data(), kPlainOptions.size());
  return {seed + bytes};
}

const Registration kHdf5Vectors({"hdf5_vectors", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
