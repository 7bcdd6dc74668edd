#include "core/forest/node_split.h"

#include <algorithm>
#include <cstring>

namespace annod {
namespace {

// The larger side's share of the items, in Annoy's precision or in that of
// scikit-plots. Exactly 1 if a side is empty, and only then.
double Imbalance(size_t left, size_t right, bool single_precision) {
  if (left == 0 || right == 0) return 1;
  const double l = static_cast<double>(left);
  const double r = static_cast<double>(right);
  if (!single_precision) return std::max(l, r) / (l + r);
  const double a = static_cast<float>(left);
  const double b = static_cast<float>(right);
  const float share = static_cast<float>(a / (a + b + 1e-9));
  return std::min<double>(std::max(share, 1 - share), 1 - 1e-12);
}

}  // namespace

SplitRules SplitRulesOf(BuildRules rules) {
  SplitRules result;
  switch (rules) {
    case BuildRules::kAnnod:
    case BuildRules::kAnnoy117:
      break;
    case BuildRules::kAnnoy116:
      result.max_attempts = 1;
      result.random_above = 1;
      break;
    case BuildRules::kScikitPlots04:
      result.random_above = 0.999;
      result.single_precision = false;
      break;
    case BuildRules::kScikitPlotsMain:
      result.random_above = 0.9999999;
      result.single_precision = false;
      break;
  }
  return result;
}

NodeSplitter::Halves NodeSplitter::Split(absl::Span<int32_t> ids,
                                         Kiss64* random, char* node) {
  const size_t count = ids.size();
  if (sides_.size() < count) sides_.resize(count);
  const auto share = [&](size_t ones) {
    return Imbalance(count - ones, ones, rules_.single_precision);
  };
  size_t ones = 0;
  for (int attempt = 0; attempt < rules_.max_attempts; ++attempt) {
    splitter_.Choose(ids, random, node);
    ones = splitter_.Divide(ids, node, random, sides_.data());
    if (share(ones) < rules_.accept_below) break;
  }
  bool by_lot = false;
  while (rules_.random_above < 1 ? share(ones) > rules_.random_above
                                 : share(ones) == 1) {
    by_lot = true;
    std::memset(node + layout_.vector_offset, 0, layout_.vector_bytes);
    ones = DrawSides(count, random);
  }
  return {Move(ids), by_lot};
}

size_t NodeSplitter::Divide(absl::Span<int32_t> ids, const char* node,
                            bool by_lot, Kiss64* random) {
  if (sides_.size() < ids.size()) sides_.resize(ids.size());
  if (by_lot) {
    DrawSides(ids.size(), random);
  } else {
    splitter_.Divide(ids, node, random, sides_.data());
  }
  return Move(ids);
}

// Returns how many are on side 1.
size_t NodeSplitter::DrawSides(size_t count, Kiss64* random) {
  size_t ones = 0;
  for (size_t i = 0; i < count; ++i) {
    sides_[i] = random->Flip() ? 1 : 0;
    ones += sides_[i];
  }
  return ones;
}

// Moves `ids` as `sides_` say. Without branches: sides cannot be guessed.
size_t NodeSplitter::Move(absl::Span<int32_t> ids) {
  if (moved_.size() < ids.size()) moved_.resize(ids.size());
  size_t kept = 0;
  size_t moved = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const int32_t id = ids[i];
    const size_t side = sides_[i];
    ids[kept] = id;
    moved_[moved] = id;
    kept += 1 - side;
    moved += side;
  }
  std::copy_n(moved_.begin(), moved, ids.begin() + kept);
  return kept;
}

}  // namespace annod
