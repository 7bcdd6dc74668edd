#include "core/graph/construction/sampled_answers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/parallel.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

constexpr int64_t kAskingItems = 64;
constexpr int64_t kAskedTogether = 16;
constexpr int kAnswersEach = 10;

}  // namespace

SampledAnswers SampleAnswers(const ForestData& forest,
                             const std::vector<int32_t>& items,
                             absl::Span<const float> middle,
                             const std::vector<int32_t>& apart, int threads,
                             const std::atomic<bool>* cancel) {
  const auto size = static_cast<int64_t>(items.size());
  const int64_t asking = std::min(size, kAskingItems);
  std::vector<std::vector<Neighbor>> found(asking);
  std::vector<double> lengths(asking);  // of the queries
  ParallelFor(
      threads, asking, kAskedTogether, cancel,
      [&](int, int64_t begin, int64_t end) {
        const auto count = static_cast<size_t>(end - begin);
        std::vector<std::vector<float>> vectors(count);
        std::vector<Query> queries(count);
        for (size_t q = 0; q < count; ++q) {
          const int64_t k = begin + static_cast<int64_t>(q);
          const Query item = SlotQuery(forest, items[k * size / asking]);
          vectors[q].assign(item.floats, item.floats + middle.size());
          for (size_t i = 0; k % 2 == 1 && i < middle.size(); ++i) {
            vectors[q][i] -= middle[i];
          }
          queries[q].floats = vectors[q].data();
          lengths[k] = std::sqrt(
              Dot(vectors[q].data(), vectors[q].data(), middle.size()));
        }
        std::vector<SearchScratch> scratches(count);
        std::vector<std::vector<Neighbor>> nearest;
        if (!RankAllItemsTogether(forest, queries,
                                  kAnswersEach + static_cast<int>(apart.size()),
                                  cancel, &scratches, &nearest)
                 .ok()) {
          return;
        }
        std::move(nearest.begin(), nearest.end(), found.begin() + begin);
      });
  SampledAnswers answers;
  double along = 0, more = 0;
  for (int64_t k = 0; k < asking; ++k) {
    int count = 0;
    for (const Neighbor& one : found[k]) {
      if (std::binary_search(apart.begin(), apart.end(), one.id)) continue;
      if (++count > kAnswersEach) break;
      answers.items.push_back(one.id);
      if (!(lengths[k] > 0)) continue;
      along += one.distance / lengths[k];
      more += forest.node(one.id).dot_factor();
    }
  }
  const double lift = more / along;
  if (lift > 0 && std::isfinite(lift)) answers.lift = static_cast<float>(lift);
  return answers;
}

}  // namespace annod
