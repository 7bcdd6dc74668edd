#ifndef ANNOD_CLIENT_CTL_MEASURE_EVAL_RUN_H_
#define ANNOD_CLIENT_CTL_MEASURE_EVAL_RUN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/metric.h"

namespace annod::ctl {

// No wider beam is asked for.
inline constexpr int64_t kMostBeam = 1000000;

enum class EvalEngine { kExact, kForest, kGraph, kAuto };
std::string EvalEngineName(EvalEngine engine);

// One way to ask.
struct EvalSetting {
  EvalEngine engine = EvalEngine::kExact;
  int64_t value = 0;      // search_k or beam
  double min_recall = 0;  // of kAuto
};

struct EvalAnswer {
  std::vector<int32_t> ids;
  std::vector<float> distances;
  int64_t distance_count = 0;
  // What a search with kAuto was.
  EvalEngine engine = EvalEngine::kExact;
  int64_t value = 0;
};

// Queries and whatever answers them. One thread.
class EvalTarget {
 public:
  virtual ~EvalTarget() = default;
  virtual size_t query_count() const = 0;
  // Asks for the neighbours of a query. NotFound: it is about an item that is
  // not there, and does not count.
  virtual absl::Status Ask(size_t query, const EvalSetting& setting,
                           EvalAnswer* answer) = 0;
  // The nearest of those items only, all of them that are there.
  virtual absl::Status AskAmong(size_t query, const std::vector<int32_t>& ids,
                                EvalAnswer* answer) = 0;
  virtual bool Has(EvalEngine engine) const = 0;
  // No sense in a larger one.
  virtual int64_t MaxValue(EvalEngine engine) const = 0;
  virtual Metric metric() const = 0;
};

struct EvalOptions {
  int k = 10;
  size_t count = 500;  // queries that count, at most
  // Empty: growing until enough is found, or comparing all items is as fast.
  std::vector<int64_t> search_k, beams;
  std::vector<EvalEngine> engines;  // empty: all there are
  std::vector<double> min_recalls = {0.9, 0.95, 0.99};
  double seconds = 10;  // for a setting, at most; the truth has ten times that
  // Ids of the nearest items of each query, at most k; empty: found out by
  // comparing all items.
  std::vector<std::vector<int32_t>> truth;
  // Called with what is being asked and how far that is.
  std::function<void(const std::string&, double)> progress;
};

// What asking one way gave.
struct EvalRow {
  EvalSetting setting;
  // What answered: decided by the setting, the same for all queries.
  EvalEngine engine = EvalEngine::kExact;
  int64_t value = 0;
  int64_t queries = 0;
  double recall = 0;
  // Where the recall over all such queries lies, with 95 % confidence.
  double recall_low = 0, recall_high = 0;
  double distances = 0;  // mean number
  double p50_us = 0, p99_us = 0;
  double qps = 0;  // asked one after the other
};

struct EvalResult {
  std::vector<EvalRow> curve;
  std::vector<EvalRow> promises;  // by min_recall
};

// Asks all queries every way. An answer is right if it is as near as the k-th
// true neighbour, so that ties do not matter (core/as_near.h); of a truth with
// fewer than k that are there, the last. A truth of ids that an answer shows to
// be of other items counts by ids. Errors of Ask(); FailedPrecondition if no
// query counts.
absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options,
                                    EvalTarget* target);

// Bounds of a mean of `count` values in [0, 1], with 95 % confidence: Wilson's
// interval for as many trials as the spread of the values is worth. Source:
// Wilson, "Probable inference, the law of succession, and statistical
// inference", JASA 1927.
struct Interval {
  double low, high;
};
Interval MeanInterval(double mean, double variance, int64_t count);

// "yes" if the recall found is at least what was asked for, "no" if chance does
// not explain the difference, else "within chance".
std::string KeptText(const EvalRow& row);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_EVAL_RUN_H_
