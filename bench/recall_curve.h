#ifndef ANNOD_BENCH_RECALL_CURVE_H_
#define ANNOD_BENCH_RECALL_CURVE_H_

#include <memory>
#include <optional>
#include <vector>

#include "bench/engines/bench_engine.h"

namespace annod {

// What one setting of one engine gave.
struct MeasuredPoint {
  BenchParams setting = BenchParams::object();
  double recall = 0;
  double qps = 0;
  std::optional<double> distances_per_query;
};

struct EngineCurve {
  std::unique_ptr<BenchEngine> engine;
  std::vector<MeasuredPoint> points;
};

// The median of repeated measurements of one setting, by QPS. Not empty.
MeasuredPoint MedianPoint(std::vector<MeasuredPoint> points);

// The most queries a second with this recall or a better one, between the two
// nearest points (log QPS linear in recall); nothing if no point has it. Points
// with both fewer QPS and less recall than another do not matter.
std::optional<double> QpsAtRecall(std::vector<MeasuredPoint> points,
                                  double recall);

}  // namespace annod

#endif  // ANNOD_BENCH_RECALL_CURVE_H_
