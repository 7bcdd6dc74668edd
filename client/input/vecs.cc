#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/input/fixed_rows.h"
#include "client/input/formats.h"
#include "core/status_macros.h"

namespace annod::input {

// The formats of the corpus-texmex data sets (http://corpus-texmex.irisa.fr).
absl::StatusOr<std::unique_ptr<VectorReader>> OpenVecs(const std::string& path,
                                                       ComponentType type) {
  int32_t dim = 0;
  int64_t bytes = 0;
  {
    ANNOD_ASSIGN_OR_RETURN(auto probe, BinaryFile::Open(path));
    bytes = probe->size();
    if (bytes == 0) {
      return absl::DataLossError(
          absl::StrCat(path, ": empty file: it does not tell its dimension"));
    }
    ANNOD_RETURN_IF_ERROR(probe->Read(&dim, sizeof(dim)));
  }
  ANNOD_RETURN_IF_ERROR(CheckDim(path, dim));
  const int64_t row_bytes = 4 + int64_t{dim} * ComponentBytes(type);
  if (bytes % row_bytes != 0) {
    return absl::DataLossError(
        absl::StrCat(path, ": ", bytes, " bytes are not a multiple of the ",
                     row_bytes, " bytes of a row of ", dim, " components"));
  }
  ANNOD_RETURN_IF_ERROR(CheckRows(path, bytes / row_bytes));
  ANNOD_ASSIGN_OR_RETURN(auto file, BinaryFile::Open(path));
  return std::make_unique<FixedRows>(std::move(file), type, dim,
                                     bytes / row_bytes, /*dim_prefix=*/true);
}

}  // namespace annod::input
