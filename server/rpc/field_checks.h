#ifndef ANNOD_SERVER_RPC_FIELD_CHECKS_H_
#define ANNOD_SERVER_RPC_FIELD_CHECKS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace annod {

// Checks of one field of a request: OK or the FieldError that names field,
// value and limit.

absl::Status CheckRange(absl::string_view field, int64_t value, int64_t min,
                        int64_t max);

// A text that is not what it must be.
absl::Status TextError(absl::string_view field, absl::string_view value,
                       absl::string_view limit);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_FIELD_CHECKS_H_
