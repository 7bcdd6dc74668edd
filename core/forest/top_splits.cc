#include "core/forest/top_splits.h"

#include <algorithm>

namespace annod {
namespace {

// Items that splits at the top are chosen by, all of them and those of one.
constexpr size_t kSampleItems = 16384;
constexpr size_t kLeastSample = 512;
// Items sent down together: they stay in the cache from split to split.
constexpr size_t kBlockBytes = size_t{1} << 19;
constexpr size_t kLeastBlock = 64;
constexpr size_t kMostBlock = 4096;

}  // namespace

TopSplits ChooseTopSplits(absl::Span<const int32_t> ids, size_t part_items,
                          size_t node_bytes, NodeSplitter* splitter,
                          Kiss64* random) {
  const size_t sampled = std::min(ids.size(), kSampleItems);
  std::vector<int32_t> sample(sampled);
  for (size_t k = 0; k < sampled; ++k) {
    sample[k] = ids[k * ids.size() / sampled];
  }
  const size_t least =
      sampled == ids.size() ? 2 : std::min(kLeastSample, sampled);
  struct Range {
    size_t begin, end;
    int parent, side;
  };
  std::vector<Range> open = {{0, sampled, -1, 0}};
  TopSplits top;
  while (!open.empty()) {
    const Range range = open.back();
    open.pop_back();
    const size_t count = range.end - range.begin;
    const bool splits =
        range.parent < 0 ||
        (count >= least && count * ids.size() / sampled > part_items);
    const int index =
        splits ? static_cast<int>(top.nodes.size()) : ~top.part_count;
    if (range.parent >= 0) top.nodes[range.parent].child[range.side] = index;
    if (!splits) {
      ++top.part_count;
      continue;
    }
    top.nodes.emplace_back();
    top.bytes.resize(top.bytes.size() + node_bytes);  // zeroed
    const NodeSplitter::Halves halves =
        splitter->Split(absl::MakeSpan(sample).subspan(range.begin, count),
                        random, &top.bytes[top.bytes.size() - node_bytes]);
    top.nodes.back().by_lot = halves.by_lot;
    const size_t middle = range.begin + halves.middle;
    open.push_back({middle, range.end, index, 1});
    open.push_back({range.begin, middle, index, 0});
  }
  return top;
}

std::vector<std::vector<int32_t>> DivideAtTop(const TopSplits& top,
                                              absl::Span<const int32_t> ids,
                                              size_t node_bytes,
                                              NodeSplitter* splitter,
                                              Kiss64* random) {
  std::vector<std::vector<int32_t>> parts(top.part_count);
  const size_t block_items =
      std::clamp(kBlockBytes / node_bytes, kLeastBlock, kMostBlock);
  struct Range {
    size_t begin, end;
    int index;
  };
  std::vector<int32_t> block;
  std::vector<Range> open;
  for (size_t first = 0; first < ids.size(); first += block_items) {
    const auto piece = ids.subspan(first, block_items);
    block.assign(piece.begin(), piece.end());
    open.push_back({0, block.size(), 0});
    while (!open.empty()) {
      const Range range = open.back();
      open.pop_back();
      if (range.begin == range.end) continue;
      const auto some =
          absl::MakeSpan(block).subspan(range.begin, range.end - range.begin);
      if (range.index < 0) {
        std::vector<int32_t>& part = parts[~range.index];
        part.insert(part.end(), some.begin(), some.end());
        continue;
      }
      const TopSplits::Node& node = top.nodes[range.index];
      const size_t middle =
          range.begin + splitter->Divide(some,
                                         &top.bytes[range.index * node_bytes],
                                         node.by_lot, random);
      open.push_back({middle, range.end, node.child[1]});
      open.push_back({range.begin, middle, node.child[0]});
    }
  }
  return parts;
}

bool CountItems(absl::Span<const std::vector<int32_t>> parts, TopSplits* top) {
  for (const std::vector<int32_t>& part : parts) {
    top->part_counts.push_back(static_cast<int64_t>(part.size()));
  }
  top->counts.resize(top->nodes.size());
  for (size_t index = top->nodes.size(); index-- > 0;) {
    for (const int child : top->nodes[index].child) {
      const int64_t count =
          child >= 0 ? top->counts[child] : top->part_counts[~child];
      if (count == 0) return false;
      top->counts[index] += count;
    }
  }
  return true;
}

}  // namespace annod
