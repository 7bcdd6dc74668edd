#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/input/fixed_rows.h"
#include "client/input/formats.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

// Rows looked at for what is no float.
constexpr int64_t kProbedRows = 100;

// Whether the first rows of floats are ids: as float32 small whole numbers are
// denormal, which measured values never are.
absl::StatusOr<bool> LooksLikeIds(const BinaryFile& file, int dim,
                                  int64_t rows) {
  bool denormal = false;
  std::vector<float> row(dim);
  const int64_t row_bytes = 4 + int64_t{dim} * 4;
  for (int64_t r = 0; r < std::min(rows, kProbedRows); ++r) {
    ANNOD_RETURN_IF_ERROR(
        file.ReadAt(r * row_bytes + 4, row.data(), row.size() * 4));
    for (const float value : row) {
      if (value == 0) continue;
      if (std::fpclassify(value) != FP_SUBNORMAL) return false;
      denormal = true;
    }
  }
  return denormal;
}

}  // namespace

// The formats of the corpus-texmex data sets (http://corpus-texmex.irisa.fr).
absl::StatusOr<std::unique_ptr<VectorReader>> OpenVecs(
    std::unique_ptr<BinaryFile> file, ComponentType type, bool missing) {
  const int64_t bytes = file->size();
  if (bytes == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        file->path(), ": empty file: it does not tell its dimension"));
  }
  int32_t dim = 0;
  ANNOD_RETURN_IF_ERROR(file->ReadAt(0, &dim, sizeof(dim)));
  ANNOD_RETURN_IF_ERROR(CheckDim(file->path(), dim));
  const int64_t row_bytes = 4 + int64_t{dim} * ComponentBytes(type);
  if (bytes % row_bytes != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        file->path(), ": ", bytes, " bytes are not a multiple of ", "the ",
        row_bytes, " bytes of a row of ", dim, " components"));
  }
  const int64_t rows = bytes / row_bytes;
  ANNOD_RETURN_IF_ERROR(CheckRows(file->path(), rows));
  InputDescription description;
  description.format = type == ComponentType::kF32  ? "fvecs"
                       : type == ComponentType::kU8 ? "bvecs"
                                                    : "ivecs";
  if (type == ComponentType::kF32) {
    ANNOD_ASSIGN_OR_RETURN(const bool ids, LooksLikeIds(*file, dim, rows));
    if (ids) {
      description.warnings.push_back(absl::StrCat(
          file->path(), ": all numbers of the first rows are denormal (below ",
          "1.2e-38), as ids are that are read as floats: is it a renamed ",
          ".ivecs file?"));
    }
  }
  return std::make_unique<FixedRows>(
      std::move(file), ComponentFormat{type, false, missing}, dim, rows,
      /*dim_prefix=*/true, std::move(description));
}

}  // namespace annod::input
