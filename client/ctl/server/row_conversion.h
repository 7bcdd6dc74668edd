#ifndef ANNOD_CLIENT_CTL_SERVER_ROW_CONVERSION_H_
#define ANNOD_CLIENT_CTL_SERVER_ROW_CONVERSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/client.h"
#include "client/input/vector_reader.h"
#include "client/types.h"

namespace annod::ctl {

// Whether no component of a row is missing (NaN).
bool IsWhole(absl::Span<const float> row);

// The components of a row that are not missing (NaN).
client::SparseVector GivenComponents(absl::Span<const float> row);

// A vector of the command line for `index`: with --threshold made bits, for
// which the server is asked whether the index compares bits. InvalidArgument if
// it does not, or with --packed_bits.
absl::StatusOr<std::vector<float>> GivenVector(const std::string& index,
                                               VectorReaderOptions options,
                                               std::vector<float> vector,
                                               Client* client);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_ROW_CONVERSION_H_
