#ifndef ANNOD_CLIENT_CTL_SERVER_ROW_CONVERSION_H_
#define ANNOD_CLIENT_CTL_SERVER_ROW_CONVERSION_H_

#include "absl/types/span.h"
#include "client/types.h"

namespace annod::ctl {

// Whether no component of a row is missing (NaN).
bool IsWhole(absl::Span<const float> row);

// The components of a row that are not missing (NaN).
client::SparseVector GivenComponents(absl::Span<const float> row);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_ROW_CONVERSION_H_
