#include "core/graph/construction/refining.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "core/simd/codes.h"

namespace annod {
namespace {

constexpr int64_t kRefiningPiece = 256;
constexpr size_t kTrueNeighbors = 10;

}  // namespace

std::vector<int32_t> NearestIds(const NeighborLists& lists, int64_t rows,
                                int64_t near, int threads,
                                const std::atomic<bool>* cancel) {
  std::vector<int32_t> ids(rows * near, -1);
  ParallelFor(threads, rows, kRefiningPiece, cancel,
              [&](int, int64_t begin, int64_t end) {
                std::vector<CodeNeighbor> sorted;
                for (int64_t row = begin; row < end; ++row) {
                  lists.Sorted(row, &sorted);
                  const auto count = std::min<size_t>(near, sorted.size());
                  for (size_t k = 0; k < count; ++k) {
                    ids[row * near + static_cast<int64_t>(k)] = sorted[k].id;
                  }
                }
              });
  return ids;
}

double SampledRecall(
    const NeighborLists& lists, int64_t rows, int sampled, int threads,
    const std::function<void(int64_t, std::vector<int32_t>*)>& distances) {
  sampled = static_cast<int>(std::min<int64_t>(sampled, rows));
  std::vector<int> found(sampled), wanted(sampled);
  ParallelFor(threads, sampled, 1, nullptr, [&](int, int64_t sample, int64_t) {
    const int64_t row = sample * rows / sampled;
    std::vector<int32_t> all(rows);
    distances(row, &all);
    std::vector<CodeNeighbor> nearest, listed;
    for (int64_t other = 0; other < rows; ++other) {
      if (other == row) continue;
      const CodeNeighbor one = {all[other], static_cast<int32_t>(other)};
      if (nearest.size() == kTrueNeighbors && !(one < nearest.back())) {
        continue;
      }
      if (nearest.size() == kTrueNeighbors) nearest.pop_back();
      nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), one),
                     one);
    }
    lists.Sorted(row, &listed);
    wanted[sample] = static_cast<int>(nearest.size());
    for (const CodeNeighbor& one : listed) {
      found[sample] +=
          !nearest.empty() && one.distance <= nearest.back().distance;
    }
    found[sample] = std::min(found[sample], wanted[sample]);
  });
  int64_t all_found = 0, all_wanted = 0;
  for (int k = 0; k < sampled; ++k) {
    all_found += found[k];
    all_wanted += wanted[k];
  }
  return all_wanted == 0
             ? 1
             : static_cast<double>(all_found) / static_cast<double>(all_wanted);
}

double SampledRecall(const CodeRows& codes, const NeighborLists& lists,
                     int sampled, int threads) {
  const auto rows = static_cast<int64_t>(codes.count());
  return SampledRecall(lists, rows, sampled, threads,
                       [&](int64_t row, std::vector<int32_t>* distances) {
                         for (int64_t other = 0; other < rows; ++other) {
                           (*distances)[other] = CodeDistances().squared_l2(
                               codes.row(row), codes.row(other),
                               codes.row_bytes());
                         }
                       });
}

void RefineLists(const CodeRows& codes, int near, int threads,
                 const std::atomic<bool>* cancel, NeighborLists* lists) {
  const auto rows = static_cast<int64_t>(codes.count());
  const std::vector<int32_t> ids =
      NearestIds(*lists, rows, near, threads, cancel);
  // The row that each was last looked at for, by thread.
  std::vector<std::vector<int32_t>> seen(threads);
  ParallelFor(threads, rows, kRefiningPiece, cancel,
              [&](int worker, int64_t begin, int64_t end) {
                std::vector<int32_t>& last = seen[worker];
                if (last.empty()) last.assign(rows, -1);
                std::vector<int32_t> fresh, distances;
                std::vector<CodeNeighbor> found;
                for (int64_t row = begin; row < end; ++row) {
                  const auto own = static_cast<int32_t>(row);
                  const auto neighbors = [&](int64_t of) {
                    return absl::MakeConstSpan(ids).subspan(of * near, near);
                  };
                  last[row] = own;
                  for (const int32_t one : neighbors(row)) {
                    if (one >= 0) last[one] = own;
                  }
                  fresh.clear();
                  for (const int32_t one : neighbors(row)) {
                    if (one < 0) break;
                    for (const int32_t other : neighbors(one)) {
                      if (other < 0) break;
                      if (last[other] == own) continue;
                      last[other] = own;
                      fresh.push_back(other);
                    }
                  }
                  distances.resize(fresh.size());
                  CodeDistances().squared_l2_rows(
                      codes.row(row), codes.row_bytes(), codes.rows(),
                      fresh.data(), fresh.size(), distances.data());
                  found.clear();
                  for (size_t k = 0; k < fresh.size(); ++k) {
                    found.push_back({distances[k], fresh[k]});
                  }
                  lists->Add(row, found);
                }
              });
}

}  // namespace annod
