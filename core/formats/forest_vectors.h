#ifndef ANNOD_CORE_FORMATS_FOREST_VECTORS_H_
#define ANNOD_CORE_FORMATS_FOREST_VECTORS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/forest/forest_builder.h"

namespace annod {

// The items of a forest whose slots have been checked, as a source of vectors.
// `forest` must outlive it.
class ForestVectors : public VectorSource {
 public:
  explicit ForestVectors(const ForestData* forest) : forest_(*forest) {}
  int64_t slot_count() const override { return forest_.slot_count; }
  bool Get(int64_t id, absl::Span<float> out) const override;

 private:
  const ForestData& forest_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_FOREST_VECTORS_H_
