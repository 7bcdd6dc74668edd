#include "core/graph/construction/places.h"

#include <algorithm>

namespace annod {
namespace {

constexpr int kPlacesOfLine = 16;
constexpr double kLostEdges = 0.001;  // share of all edges

// The fewest places, in whole lines, that lose no more edges.
int PlacesNeeded(int degree, const std::vector<int32_t>& neighbors) {
  int64_t edges = 0;
  std::vector<int64_t> rows_with(degree + 1);  // at least so many
  for (auto first = neighbors.begin(); first != neighbors.end();
       first += degree) {
    const auto count = std::find(first, first + degree, -1) - first;
    edges += count;
    for (int64_t k = 1; k <= count; ++k) ++rows_with[k];
  }
  int places = degree;
  int64_t lost = 0;
  for (int kept = degree - 1; kept >= kPlacesOfLine; --kept) {
    lost += rows_with[kept + 1];
    if (static_cast<double>(lost) > kLostEdges * static_cast<double>(edges)) {
      break;
    }
    if (kept % kPlacesOfLine == 0) places = kept;
  }
  return places;
}

}  // namespace

void FillUp(absl::Span<const CodeNeighbor> candidates, int most,
            std::vector<CodeNeighbor>* chosen) {
  for (const CodeNeighbor& candidate : candidates) {
    if (chosen->size() >= static_cast<size_t>(most)) return;
    const bool there = std::any_of(
        chosen->begin(), chosen->end(),
        [&](const CodeNeighbor& one) { return one.id == candidate.id; });
    if (!there) chosen->push_back(candidate);
  }
}

int KeepPlaces(int degree, std::vector<int32_t>* neighbors) {
  const int places = PlacesNeeded(degree, *neighbors);
  if (places == degree) return degree;
  const int64_t rows = static_cast<int64_t>(neighbors->size()) / degree;
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(neighbors->data() + row * degree, places,
                neighbors->data() + row * places);
  }
  neighbors->resize(rows * places);
  neighbors->shrink_to_fit();
  return places;
}

}  // namespace annod
