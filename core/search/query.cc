#include "core/search/query.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/annoy/hamming_bits.h"
#include "core/simd/distance.h"

namespace annod {

absl::Status CheckQueryVector(absl::Span<const float> vector, int dim) {
  if (vector.size() != static_cast<size_t>(dim)) {
    return absl::InvalidArgumentError(
        absl::StrCat("query has ", vector.size(),
                     " components; the index holds vectors of ", dim));
  }
  for (size_t i = 0; i < vector.size(); ++i) {
    if (!std::isfinite(vector[i])) {
      return absl::InvalidArgumentError(absl::StrCat("query has the component ",
                                                     vector[i], " at ", i,
                                                     "; it must be finite"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSearchOptions(const SearchOptions& options) {
  if (options.n < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("n is ", options.n, "; at least 1 is needed"));
  }
  if (options.search_k < -1) {
    return absl::InvalidArgumentError(
        absl::StrCat("search_k is ", options.search_k,
                     "; it must be -1 (default) or not negative"));
  }
  if (options.max_distance && std::isnan(*options.max_distance)) {
    return absl::InvalidArgumentError("max_distance is not a number");
  }
  return absl::OkStatus();
}

Query MakeQuery(absl::Span<const float> vector, const NodeLayout& layout,
                std::vector<uint64_t>* words) {
  Query query;
  if (layout.metric == Metric::kHamming) {
    words->resize(HammingWords(layout.dim));
    PackBits(vector, words->data());
    query.words = reinterpret_cast<const char*>(words->data());
    return query;
  }
  query.floats = vector.data();
  if (layout.metric == Metric::kAngular) {
    query.squared_norm = Dot(vector.data(), vector.data(), vector.size());
  }
  return query;
}

}  // namespace annod
