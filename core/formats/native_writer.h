#ifndef ANNOD_CORE_FORMATS_NATIVE_WRITER_H_
#define ANNOD_CORE_FORMATS_NATIVE_WRITER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/node_layout.h"
#include "core/formats/byte_sink.h"

namespace annod {

// True if the trees of `from` can be written in the layout `to`: their planes
// mean the same and no bucket is too long. Otherwise only the items can be
// taken over, and the trees must be built again.
bool CanKeepTrees(const NodeLayout& from, const NodeLayout& to);

// Writes a .ann file of the layout `to`, CanKeepTrees(), from a forest that has
// passed every check and has `item_count` items: its slots, its trees one after
// the other, the copies of the roots. Nodes that are in no tree are left out.
//
// A node is a bucket in one layout and a split in another if it has so few
// items that the other's buckets hold them; such splits become buckets of all
// items below them. The answers for an unlimited search_k stay the same, those
// for a small one get a little better, as buckets are larger.
//
// Keeps 8 bytes for each node of one tree in memory, and a node for each tree.
// Returns the number of nodes written. ResourceExhausted if they are more than
// ids can number.
absl::StatusOr<int64_t> WriteNativeFile(const ForestData& forest,
                                        int64_t item_count,
                                        const NodeLayout& to,
                                        const ByteSink& sink);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_NATIVE_WRITER_H_
