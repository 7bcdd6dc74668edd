#ifndef ANNOD_SERVER_PAGES_CALL_HISTORY_H_
#define ANNOD_SERVER_PAGES_CALL_HISTORY_H_

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "server/pages/figures.h"

namespace annod {

// Figures of the last quarter of an hour, since a page cannot ask Prometheus.
// Thread-safe.
class CallHistory {
 public:
  static constexpr size_t kSteps = 90;
  static constexpr absl::Duration kStep = absl::Seconds(10);
  static constexpr absl::Duration kWindow = absl::Minutes(15);  // all steps
  static constexpr absl::Duration kMinute = absl::Minutes(1);

  // What became of the figures between two times; of an index that is new
  // since, or was made again, all there is.
  struct Change {
    absl::Duration time;
    std::map<std::string, CallFigures> calls;
    std::map<std::string, double> counts;
  };

  // Every kStep, by whoever owns it.
  void Add(absl::Time time, const Figures& figures);

  // From `age` before `now`, or the oldest figures there are (else the start of
  // annod), to `now`, when `figures` were read.
  Change Since(absl::Duration age, absl::Time now, absl::Time start,
               const Figures& figures) const;

  // Calls per second of an index in each step, oldest first, at most kSteps.
  std::vector<double> Rates(const std::string& index) const;
  // The latency that `quantile` of its calls kept within in each step; 0 in one
  // without calls.
  std::vector<double> Latencies(const std::string& index,
                                double quantile) const;

 private:
  struct Moment {
    absl::Time time;
    std::map<std::string, CallFigures> calls;  // of indexes that have some
    std::map<std::string, double> counts;
  };
  static CallFigures CallsBetween(const Moment& before, const Moment& after,
                                  const std::string& index);

  mutable Mutex mu_;
  std::deque<Moment> moments_ ABSL_GUARDED_BY(mu_);
};

// The seconds that a part `quantile` of the calls kept within, interpolated in
// its bucket; infinite if that is the last, 0 without calls.
double LatencyQuantile(const CallFigures& calls, double quantile);

// Live recall with Wilson's interval of 95 %. A query's neighbours are found or
// missed together, so queries are counted, not neighbours: too wide rather than
// too narrow.
struct RecallEstimate {
  double samples = 0;  // 0: nothing is known
  double recall = 0;
  double lower = 0;
  double upper = 1;
};
RecallEstimate EstimateRecall(const CallFigures& calls);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_CALL_HISTORY_H_
