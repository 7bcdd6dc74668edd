#include "client/ctl/server/row_conversion.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace annod::ctl {

bool IsWhole(absl::Span<const float> row) {
  return std::none_of(row.begin(), row.end(),
                      [](float value) { return std::isnan(value); });
}

client::SparseVector GivenComponents(absl::Span<const float> row) {
  client::SparseVector given;
  for (size_t i = 0; i < row.size(); ++i) {
    if (std::isnan(row[i])) continue;
    given.positions.push_back(static_cast<int32_t>(i));
    given.values.push_back(row[i]);
  }
  return given;
}

}  // namespace annod::ctl
