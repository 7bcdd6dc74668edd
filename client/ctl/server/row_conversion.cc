#include "client/ctl/server/row_conversion.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "client/ctl/common/input_options.h"
#include "core/metric.h"
#include "core/status_macros.h"

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

absl::StatusOr<std::vector<float>> GivenVector(const std::string& index,
                                               VectorReaderOptions options,
                                               std::vector<float> vector,
                                               Client* client) {
  if (!MakesBits(options)) return vector;
  if (options.packed_bits) {
    ANNOD_RETURN_IF_ERROR(CheckNoBits(options, "--vector"));
  }
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info, client->Info(index));
  options.metric = static_cast<Metric>(info.metric);
  ANNOD_RETURN_IF_ERROR(CheckBitOptions(options));
  MakeBits(*options.threshold, absl::MakeSpan(vector));
  return vector;
}

}  // namespace annod::ctl
