#ifndef ANNOD_CORE_FOREST_NODE_SPLIT_H_
#define ANNOD_CORE_FOREST_NODE_SPLIT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/forest/build_rules.h"
#include "core/forest/random.h"
#include "core/forest/splitter.h"

namespace annod {

// When a plane is good enough, and when chance takes over. The defaults are
// those of Annoy 1.17 and later.
struct SplitRules {
  int max_attempts = 3;        // planes tried for one node
  double accept_below = 0.95;  // share of the larger side that ends the tries
  // Share above which sides are drawn by lot. 1: only while a side is empty.
  double random_above = 0.99;
  // Whether the share is rounded to a float.
  bool single_precision = true;
};

SplitRules SplitRulesOf(BuildRules rules);

// Splits the items of one node after another. Not thread-safe; keeps the memory
// it works in.
class NodeSplitter {
 public:
  // `splitter` must outlive this.
  NodeSplitter(const NodeLayout& layout, const SplitRules& rules,
               Splitter* splitter)
      : layout_(layout), rules_(rules), splitter_(*splitter) {}

  // What became of the items of a node: side 1 begins at `middle`.
  struct Halves {
    size_t middle;
    bool by_lot;  // no plane was good enough; `node` has none
  };

  // Writes the plane that `rules` settle for into `node`, whose other bytes it
  // leaves alone, and moves the items of side 1 behind those of side 0, both in
  // their old order. Two items at least; no side is empty.
  Halves Split(absl::Span<int32_t> ids, Kiss64* random, char* node);

  // Moves other items in the same way: by the plane in `node`, or by lot. A
  // side may be empty. Returns where side 1 begins.
  size_t Divide(absl::Span<int32_t> ids, const char* node, bool by_lot,
                Kiss64* random);

 private:
  size_t DrawSides(size_t count, Kiss64* random);
  size_t Move(absl::Span<int32_t> ids);

  const NodeLayout layout_;
  const SplitRules rules_;
  Splitter& splitter_;
  std::vector<int32_t> moved_;  // ids of side 1
  std::vector<uint8_t> sides_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_NODE_SPLIT_H_
