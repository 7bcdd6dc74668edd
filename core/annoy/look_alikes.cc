#include "core/annoy/look_alikes.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

constexpr int kWordBits = 64;

bool AllZero(const ForestData& forest) {
  const NodeLayout& layout = forest.layout;
  for (int64_t i = 0; i < forest.slot_count; ++i) {
    const char* const vector = forest.node_data(i) + layout.vector_offset;
    if (!std::all_of(vector, vector + layout.vector_bytes,
                     [](char byte) { return byte == 0; })) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<std::string> LookAlikesOf(const ForestData& forest) {
  std::vector<std::string> texts;
  const NodeLayout& layout = forest.layout;
  if (layout.metric == Metric::kEuclidean ||
      layout.metric == Metric::kManhattan) {
    texts.push_back(
        "euclidean and manhattan files have the same bytes: nothing tells "
        "which of the two it is");
  }
  if (layout.metric == Metric::kHamming) {
    const int last =
        static_cast<int>(layout.vector_bytes / sizeof(uint64_t)) * kWordBits;
    texts.push_back(absl::StrCat(
        "hamming files of ", last - kWordBits + 1, " to ", last,
        " dimensions have nodes of the same size: only bits that are set tell "
        "that there are more than given"));
  }
  if (AllZero(forest)) {
    texts.push_back(
        "all vectors are zero, as in files of other metrics and dimensions "
        "with nodes of the same size");
  }
  return texts;
}

}  // namespace annod
