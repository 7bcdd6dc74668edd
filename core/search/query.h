#ifndef ANNOD_CORE_SEARCH_QUERY_H_
#define ANNOD_CORE_SEARCH_QUERY_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/search_types.h"

namespace annod {

// A vector to search for, in the form that nodes store. Not owned.
struct Query {
  const float* floats = nullptr;  // dim components; not for hamming
  const char* words = nullptr;    // hamming: packed, at any address
  float squared_norm = 0;         // angular only
};

// InvalidArgument, naming values, unless `vector` has `dim` finite components.
absl::Status CheckQueryVector(absl::Span<const float> vector, int dim);

// InvalidArgument, naming values, unless the numbers of `options` are in range.
absl::Status CheckSearchOptions(const SearchOptions& options);

// The query for `vector`, which must stay, as must `*words`: what it is packed
// into for hamming.
Query MakeQuery(absl::Span<const float> vector, const NodeLayout& layout,
                std::vector<uint64_t>* words);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_QUERY_H_
