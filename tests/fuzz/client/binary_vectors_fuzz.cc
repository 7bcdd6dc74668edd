// Vectors in binary files: .npy, .npz, .fvecs, .bvecs, .ivecs.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/client/input/input_files.h"
#include "tests/fuzz/client/vectors_run.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

constexpr const char* kEndings[] = {"npy",   "npz",   "fvecs",
                                    "bvecs", "ivecs", "npz:arr_0"};

void Run(absl::string_view bytes) {
  Input input(bytes);
  const absl::string_view ending = input.Pick(kEndings);
  const VectorReaderOptions options = AnyOptions(&input);
  ReadVectors(input.Rest(), ending, options, "");
}

std::string Seed(char ending, absl::string_view bytes) {
  std::string seed(1, ending);
  seed.append(kPlainOptions.data(), kPlainOptions.size());
  seed.append(bytes.data(), bytes.size());
  return seed;
}

std::vector<std::string> Seeds() {
  const std::string rows =
      Npy(1, NpyHeader("<f4", "(2, 3)"), Bytes<float>({1, 2, 3, 4, 5, 6}));
  const std::string columns =
      Npy(2, NpyHeader(">f8", "(3, 1)", "True"), std::string(24, '\0'));
  return {
      Seed(0, rows),
      Seed(0, columns),
      Seed(0, Npy(1, NpyHeader("|u1", "(4,)"), "\1\2\3\4")),
      Seed(1, Zip({{"arr_0.npy", rows}}, /*deflated=*/false)),
      Seed(1, Zip({{"arr_0.npy", rows}}, /*deflated=*/true)),
      Seed(5, Zip({{"arr_0.npy", rows}, {"arr_1.npy", columns}}, true)),
      Seed(2, VecsRow<float>(2, {1, 2}) + VecsRow<float>(2, {3, 4})),
      Seed(3, VecsRow<uint8_t>(3, {1, 2, 3})),
      Seed(4, VecsRow<int32_t>(2, {7, 9})),
  };
}

const Registration kBinaryVectors({"binary_vectors", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
