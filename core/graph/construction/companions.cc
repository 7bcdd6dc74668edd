#include "core/graph/construction/companions.h"

#include <algorithm>

#include "core/graph/construction/refining.h"
#include "core/parallel.h"

namespace annod {
namespace {

// Askers that are looked at for one row: the companions that matter come up in
// a part of them too.
constexpr int64_t kMostAskers = 2000;

}  // namespace

Companions::Companions(const NeighborLists& answers, int64_t rows,
                       absl::Span<const int32_t> silent, int threads,
                       const std::atomic<bool>* cancel)
    : rows_(rows),
      answers_(NearestIds(answers, rows, kCounted, threads, cancel)),
      begins_(rows + 1) {
  std::vector<bool> asks(rows, true);
  for (const int32_t row : silent) asks[row] = false;
  const auto for_each_answer = [&](const auto& use) {
    for (int64_t row = 0; row < rows; ++row) {
      if (!asks[row]) continue;
      for (const int32_t answer : AnswersTo(row)) use(row, answer);
    }
  };
  for_each_answer([&](int64_t, int32_t answer) { ++begins_[answer + 1]; });
  for (int64_t row = 0; row < rows; ++row) begins_[row + 1] += begins_[row];
  askers_.resize(begins_[rows]);
  std::vector<int64_t> ends(begins_.begin(), begins_.end() - 1);
  for_each_answer([&](int64_t row, int32_t answer) {
    askers_[ends[answer]++] = static_cast<int32_t>(row);
  });
}

uint64_t Companions::WorkBytes(int64_t rows, int threads) {
  return static_cast<uint64_t>(rows) *
         (2 * kCounted * sizeof(int32_t) + 2 * sizeof(int64_t) +
          2 * sizeof(int32_t) * static_cast<uint64_t>(threads));
}

absl::Span<const int32_t> Companions::AnswersTo(int64_t row) const {
  const auto all =
      absl::MakeConstSpan(answers_).subspan(row * kCounted, kCounted);
  const auto end = std::find(all.begin(), all.end(), -1);
  return all.first(end - all.begin());
}

void Companions::Of(int64_t row, size_t most, Scratch* scratch,
                    std::vector<int32_t>* out) const {
  std::vector<int32_t>& counts = scratch->counts;
  std::vector<int32_t>& met = scratch->met;
  if (counts.empty()) counts.resize(rows_);
  met.clear();
  const int64_t begin = begins_[row], end = begins_[row + 1];
  const int64_t step = 1 + (end - begin) / kMostAskers;
  for (int64_t k = begin; k < end; k += step) {
    for (const int32_t other : AnswersTo(askers_[k])) {
      if (other == row) continue;
      if (counts[other]++ == 0) met.push_back(other);
    }
  }
  const size_t kept = std::min(most, met.size());
  std::partial_sort(met.begin(), met.begin() + static_cast<int64_t>(kept),
                    met.end(), [&counts](int32_t a, int32_t b) {
                      return counts[a] != counts[b] ? counts[a] > counts[b]
                                                    : a < b;
                    });
  out->assign(met.begin(), met.begin() + static_cast<int64_t>(kept));
  for (const int32_t other : met) counts[other] = 0;
}

}  // namespace annod
