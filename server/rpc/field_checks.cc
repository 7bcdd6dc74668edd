#include "server/rpc/field_checks.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/rpc/errors.h"

namespace annod {

absl::Status CheckRange(absl::string_view field, int64_t value, int64_t min,
                        int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return FieldError(field, absl::StrCat(value),
                    absl::StrCat("in [", min, ", ", max, "]"));
}

absl::Status TextError(absl::string_view field, absl::string_view value,
                       absl::string_view limit) {
  return FieldError(
      field, value, limit,
      absl::StrCat(field, " is '", Printable(value), "'; it must be ", limit));
}

}  // namespace annod
