#ifndef ANNOD_BENCH_MEASUREMENT_H_
#define ANNOD_BENCH_MEASUREMENT_H_

#include <cstdint>
#include <vector>

#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/recall_curve.h"

namespace annod {

struct MeasureOptions {
  int k = 10;  // neighbours to ask for
  int rounds = 3;
  // A setting is measured no longer, with the queries answered till then.
  double max_seconds = 10;
  // An engine's settings behind the first that reaches it are left out.
  double enough_recall = 0.999;
};

// Answers the queries of `data` once, with one thread, and measures. An answer
// counts as right if it is as near as the k-th true neighbour, whatever its id.
// Queries per second are by the thread's CPU time: what else the machine does
// hardly shows.
MeasuredPoint MeasureOnce(const BenchDataset& data,
                          const MeasureOptions& options,
                          const BenchParams& setting, BenchEngine* engine);

// Measures all settings of all engines in turns, several rounds, so that a busy
// machine hurts them alike, and gives each curve its points: the medians.
void MeasureInTurns(const BenchDataset& data, const MeasureOptions& options,
                    std::vector<EngineCurve>* curves);

}  // namespace annod

#endif  // ANNOD_BENCH_MEASUREMENT_H_
