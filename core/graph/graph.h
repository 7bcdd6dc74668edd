#ifndef ANNOD_CORE_GRAPH_GRAPH_H_
#define ANNOD_CORE_GRAPH_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/codes/code_book.h"
#include "core/graph/codes/code_rows.h"
#include "core/graph/codes/projection.h"
#include "core/graph/codes/turn.h"
#include "core/graph/neighbor_places.h"
#include "core/simd/distance.h"

namespace annod {

// A graph of near neighbours over the items of a forest. Items are numbered
// anew, as rows, so that near ones lie near in memory. A view: nothing is
// owned.
struct Graph {
  Turn turn;              // of vectors before codes are made
  Projection projection;  // of vectors before codes are made
  CodeBook book;
  const uint8_t* codes = nullptr;   // book.row_bytes() each row, 64-aligned
  absl::Span<const int32_t> items;  // id of the item of each row
  absl::Span<const int32_t> rows;   // row of each item slot; -1 for a hole
  // `degree` places for each, those without a neighbour last.
  absl::Span<const uint8_t> neighbors;
  int place_bytes = 3;  // of NeighborPlaces
  int degree = 0;
  // How distances of codes grow with the rank of a neighbour: as its power of
  // this; 0: not known.
  float rank_exponent = 0;
  // Ids of items that are compared with every query by their vectors.
  absl::Span<const int32_t> apart;
  int32_t entry_root = 0;  // node of the tree that searches start with
  float lift = 0;          // of queries on their way down, see LeafOf()

  int64_t size() const { return static_cast<int64_t>(items.size()); }
  const uint8_t* CodesOf(int64_t row) const {
    return codes + static_cast<size_t>(row) * book.row_bytes();
  }
  Rows code_rows() const {
    return {reinterpret_cast<const char*>(codes), book.row_bytes()};
  }
  NeighborPlaces NeighborsOf(int64_t row) const {
    const auto places = static_cast<size_t>(row) * degree;
    return {neighbors.data() + places * place_bytes,
            static_cast<size_t>(degree), place_bytes};
  }
};

// A graph just built, in memory. Moving it keeps the view valid.
struct BuiltGraph {
  Graph graph;
  std::vector<float> turn_factors;
  ProjectionData projection;
  std::vector<float> centre;
  CodeRows codes;
  std::vector<int32_t> items;
  std::vector<int32_t> rows;
  std::vector<uint8_t> neighbors;
  std::vector<int32_t> apart;
  // Dot only.
  std::vector<float> middle;  // mean of the items
  float lift = 0;             // as of their answers (sampled_answers.h)
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_H_
