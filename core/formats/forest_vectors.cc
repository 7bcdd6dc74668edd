#include "core/formats/forest_vectors.h"

#include <cstring>

#include "core/annoy/hamming_bits.h"

namespace annod {

bool ForestVectors::Get(int64_t id, absl::Span<float> out) const {
  const NodeView node = forest_.node(id);
  if (node.descendants() != 1) return false;
  if (forest_.layout.metric == Metric::kHamming) {
    UnpackBits(node.words(), out);
  } else {
    std::memcpy(out.data(), node.floats(), out.size() * sizeof(float));
  }
  return true;
}

}  // namespace annod
