#ifndef ANNOD_CORE_GRAPH_CODES_PROJECTION_H_
#define ANNOD_CORE_GRAPH_CODES_PROJECTION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/codes/code_rows.h"
#include "core/search/search_scratch.h"

namespace annod {

// How vectors of many components become the shorter ones that codes are made
// of: products with a few orthogonal directions and, for items, the length of
// what is left of the vector then. What is left of a query and of an item is
// taken to be at right angles: with zero in its place the query's squared
// distance is, but for the same number everywhere, about that of the vectors.
// A view: nothing is owned. Source of the idea: Tepper et al., "LeanVec:
// Searching vectors faster by making them fit", TMLR 2024; that items carry the
// length of what is left is ours.
struct Projection {
  // The code of zero in a direction.
  static constexpr int kMiddle = 64;

  absl::Span<const float> mean;         // of items, subtracted first
  const uint8_t* directions = nullptr;  // `count` rows of codes of this unit,
  float unit = 0;                       // PaddedCodeBytes(mean.size()) each
  size_t count = 0;                     // 0: vectors stay as they are

  bool active() const { return count > 0; }
  // Components of what Item() and Query() write.
  size_t dim() const { return count + 1; }

  // `vector` has as many components as the mean, `out` dim(). Vectors too long
  // for floats become zero.
  void Item(const float* vector, ProjectionScratch* scratch, float* out) const;
  void Query(const float* vector, ProjectionScratch* scratch, float* out) const;

 private:
  void Multiply(const float* vector, ProjectionScratch* scratch,
                float* out) const;
};

// What a projection is a view of.
struct ProjectionData {
  std::vector<float> mean;
  CodeRows directions;
  float unit = 0;

  Projection view() const {
    return {mean, directions.row(0), unit, directions.count()};
  }
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_PROJECTION_H_
