#include "bench/measurement.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

double ThreadCpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec);
}

// Grows with the metric's distance for one query, whose copies of an item
// floats would not tell apart.
double Farness(Metric metric, absl::Span<const float> query,
               absl::Span<const float> item) {
  double product = 0, item_square = 0, l1 = 0, l2 = 0;
  for (size_t i = 0; i < query.size(); ++i) {
    const double a = query[i], b = item[i];
    product += a * b;
    item_square += b * b;
    l1 += std::abs(a - b);
    l2 += (a - b) * (a - b);
  }
  switch (metric) {
    case Metric::kAngular:
      return item_square > 0 ? -product / std::sqrt(item_square) : 0;
    case Metric::kEuclidean:
      return l2;
    case Metric::kDot:
      return -product;
    default:
      return l1;
  }
}

}  // namespace

MeasuredPoint MeasureOnce(const BenchDataset& data,
                          const MeasureOptions& options,
                          const BenchParams& setting, BenchEngine* engine) {
  // Asking the clock costs as much as a distance or two.
  constexpr int64_t kQueriesAtOnce = 16;
  engine->Use(setting);
  std::vector<std::vector<int32_t>> answers(data.test.slot_count());
  const std::optional<int64_t> distances_before = engine->distances();
  const double start = ThreadCpuSeconds();
  double seconds = 0;
  int64_t queries = 0;
  while (queries < data.test.slot_count() && seconds < options.max_seconds) {
    const int64_t end =
        std::min(queries + kQueriesAtOnce, data.test.slot_count());
    for (; queries < end; ++queries) {
      engine->Search(data.test.row(queries), options.k, &answers[queries]);
    }
    seconds = ThreadCpuSeconds() - start;
  }

  MeasuredPoint point;
  point.setting = setting;
  point.qps = static_cast<double>(queries) / seconds;
  if (distances_before.has_value()) {
    point.distances_per_query =
        static_cast<double>(*engine->distances() - *distances_before) /
        static_cast<double>(queries);
  }
  int64_t right = 0;
  for (int64_t q = 0; q < queries; ++q) {
    const absl::Span<const float> query = data.test.row(q);
    const double limit = Farness(
        data.metric, query, data.train.row(data.neighbors[q][options.k - 1]));
    for (const int32_t id : answers[q]) {
      if (Farness(data.metric, query, data.train.row(id)) <= limit) ++right;
    }
  }
  // With ties there are more true neighbours than k, but no more answers.
  point.recall =
      static_cast<double>(right) / static_cast<double>(queries * options.k);
  return point;
}

void MeasureInTurns(const BenchDataset& data, const MeasureOptions& options,
                    std::vector<EngineCurve>* curves) {
  MeasureOptions warm_up = options;
  warm_up.max_seconds = 0;  // some queries only
  std::vector<std::vector<std::vector<MeasuredPoint>>> measured;
  size_t most_settings = 0;
  for (const EngineCurve& curve : *curves) {
    measured.emplace_back(curve.engine->settings().size());
    most_settings = std::max(most_settings, measured.back().size());
  }
  for (int round = 0; round < options.rounds; ++round) {
    for (size_t s = 0; s < most_settings; ++s) {
      for (size_t e = 0; e < curves->size(); ++e) {
        if (s >= measured[e].size()) continue;
        BenchEngine* engine = (*curves)[e].engine.get();
        const BenchParams& setting = engine->settings()[s];
        if (round == 0) MeasureOnce(data, warm_up, setting, engine);
        measured[e][s].push_back(MeasureOnce(data, options, setting, engine));
        if (round == 0 &&
            measured[e][s].back().recall >= options.enough_recall) {
          measured[e].resize(s + 1);
        }
      }
    }
    absl::FPrintF(stderr, "round %d of %d done\n", round + 1, options.rounds);
  }
  for (size_t e = 0; e < curves->size(); ++e) {
    for (std::vector<MeasuredPoint>& points : measured[e]) {
      (*curves)[e].points.push_back(MedianPoint(std::move(points)));
    }
  }
}

}  // namespace annod
