#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_SAMPLED_ANSWERS_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_SAMPLED_ANSWERS_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/annoy/forest_data.h"

namespace annod {

struct SampledAnswers {
  std::vector<int32_t> items;  // each as often as it is one of the answers
  // Where answers lie in the component more that makes the items of a forest
  // equally long, divided by how far they lie along the query.
  float lift = 0;
};

// The items whose inner products with some of `items`, asked as they are and
// from `middle` by turns (answers.h), are largest of all but those that are
// `apart`, found by comparing vectors. None if all are apart; some may be
// missing once `*cancel`, unless null, is true.
SampledAnswers SampleAnswers(const ForestData& forest,
                             const std::vector<int32_t>& items,
                             absl::Span<const float> middle,
                             const std::vector<int32_t>& apart, int threads,
                             const std::atomic<bool>* cancel);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_SAMPLED_ANSWERS_H_
