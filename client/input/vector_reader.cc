#include "client/input/vector_reader.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/input/formats.h"

namespace annod {
namespace {

// Splits "FILE.hdf5:NAME". True if `path` names an HDF5 file at all.
bool SplitHdf5Path(const std::string& path, std::string* file,
                   std::string* dataset) {
  const std::string lower = absl::AsciiStrToLower(path);
  for (const absl::string_view ending : {".hdf5", ".h5"}) {
    if (absl::EndsWith(lower, ending)) {
      *file = path;
      *dataset = "train";
      return true;
    }
    const size_t at = lower.rfind(absl::StrCat(ending, ":"));
    if (at != std::string::npos) {
      *file = path.substr(0, at + ending.size());
      *dataset = path.substr(at + ending.size() + 1);
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenVectorFile(
    const std::string& path, const VectorReaderOptions& options) {
  const std::string lower = absl::AsciiStrToLower(path);
  std::string file, dataset;
  if (SplitHdf5Path(path, &file, &dataset)) {
    return input::OpenHdf5(file, dataset);
  }
  if (absl::EndsWith(lower, ".npy")) return input::OpenNpy(path);
  if (absl::EndsWith(lower, ".fvecs")) {
    return input::OpenVecs(path, input::ComponentType::kF32);
  }
  if (absl::EndsWith(lower, ".bvecs")) {
    return input::OpenVecs(path, input::ComponentType::kU8);
  }
  if (absl::EndsWith(lower, ".ivecs")) {
    return input::OpenVecs(path, input::ComponentType::kI32);
  }
  if (absl::EndsWith(lower, ".csv") || absl::EndsWith(lower, ".csv.gz")) {
    return input::OpenCsv(path, options);
  }
  if (absl::EndsWith(lower, ".vec") || absl::EndsWith(lower, ".vec.gz")) {
    return input::OpenVec(path);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path,
      ": the name tells no known format; it must end with .npy, .fvecs, "
      ".bvecs, .ivecs, .hdf5, .h5, .csv, .csv.gz, .vec or .vec.gz"));
}

}  // namespace annod
