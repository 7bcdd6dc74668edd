#ifndef ANNOD_BENCH_RECALL_CURVE_H_
#define ANNOD_BENCH_RECALL_CURVE_H_

#include <optional>
#include <vector>

#include "bench/bench_engine.h"
#include "bench/hdf5_dataset.h"

namespace annod {

// What one setting of one engine gave.
struct CurvePoint {
  int setting = 0;  // 0: the engine has none
  double recall = 0;
  double qps = 0;
  std::optional<double> distances_per_query;
};

// Answers all queries of `data` once, with one thread, and measures. An answer
// counts as right if it is as near as the n-th true neighbour, whatever its id.
// Queries per second are by the thread's CPU time: what else the machine does
// hardly shows.
CurvePoint MeasureOnce(const BenchDataset& data, int n, int setting,
                       int64_t queries, BenchEngine* engine);

// The median of repeated measurements of one setting, by QPS. Not empty.
CurvePoint MedianPoint(std::vector<CurvePoint> points);

// QPS at a recall, between the two nearest points (log QPS linear in recall);
// nothing if the curve does not reach from below to above it.
std::optional<double> QpsAtRecall(std::vector<CurvePoint> curve, double recall);

}  // namespace annod

#endif  // ANNOD_BENCH_RECALL_CURVE_H_
