#include "core/graph/construction/cluster_pairs.h"

#include <algorithm>
#include <cstring>

#include "core/graph/codes/code_blocks.h"

namespace annod {
namespace {

constexpr size_t kPairRowsAtOnce = 4;
constexpr int32_t kFarNorm = INT32_MAX / 2;  // of items that only fill a block

}  // namespace

ClusterPairs::ClusterPairs(const CodeRows* codes, int wanted)
    : codes_(*codes),
      wanted_(static_cast<size_t>(wanted)),
      kernels_(CodeDistances()),
      zeros_(1, codes->row_bytes()) {}

void ClusterPairs::LayOut(absl::Span<const int32_t> rows) {
  const size_t bytes = codes_.row_bytes();
  const size_t items = WholeBlocks(rows.size());
  if (gathered_.count() < items) {
    gathered_ = CodeRows(items, bytes);
    blocks_ = CodeRows(items, bytes);
    distances_ = CodeRows(kPairRowsAtOnce, items * sizeof(int32_t));
    norms_.resize(items);
    found_.resize(items);
  }
  std::fill(norms_.begin(), norms_.end(), kFarNorm);
  for (size_t j = 0; j < rows.size(); ++j) {
    const uint8_t* row = codes_.row(rows[j]);
    std::memcpy(gathered_.row(j), row, bytes);
    PutInBlocks(row, j, &blocks_);
    norms_[j] = kernels_.squared_l2(row, zeros_.row(0), bytes);
  }
}

void ClusterPairs::Add(absl::Span<const int32_t> rows, NeighborLists* lists) {
  if (rows.size() < 2) return;
  LayOut(rows);
  const size_t items = WholeBlocks(rows.size());
  CodeBlocks blocks;
  blocks.data = blocks_.row(0);
  blocks.norms = norms_.data();
  blocks.block_count = items / kBlockItems;
  blocks.bytes = codes_.row_bytes();
  auto* const distances = reinterpret_cast<int32_t*>(distances_.row(0));
  const size_t stride = distances_.row_bytes() / sizeof(int32_t);
  for (size_t i = 0; i < rows.size(); i += kPairRowsAtOnce) {
    kernels_.four_rows_against_blocks(gathered_.row(i), blocks, stride,
                                      distances);
    for (size_t r = 0; r < kPairRowsAtOnce && i + r < rows.size(); ++r) {
      AddRow(rows, i + r, distances + r * stride, lists);
    }
  }
}

void ClusterPairs::AddRow(absl::Span<const int32_t> rows, size_t position,
                          const int32_t* distances, NeighborLists* lists) {
  // The row itself is among them.
  const size_t count = kernels_.select_smallest(
      distances, WholeBlocks(rows.size()), wanted_ + 1, found_.data());
  size_t kept = 0;
  for (size_t k = 0; k < count; ++k) {
    const auto j = static_cast<size_t>(found_[k].id);
    if (j == position || j >= rows.size()) continue;
    found_[kept++] = {found_[k].distance + norms_[position], rows[j]};
  }
  lists->Add(rows[position], {found_.data(), kept});
}

}  // namespace annod
