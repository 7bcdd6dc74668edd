#include "server/pages/call_history.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "server/metrics/metrics_page.h"

namespace annod {
namespace {

constexpr double kWilsonZ = 1.959964;  // of 95 %

std::map<std::string, CallFigures> CallsOf(const Figures& figures) {
  std::map<std::string, CallFigures> calls;
  for (const auto& [name, index] : figures.indexes) {
    if (index.calls.calls > 0) calls[name] = index.calls;
  }
  return calls;
}

// Counters that have fallen began anew.
double Grown(double before, double after) {
  return after >= before ? after - before : after;
}

CallFigures Minus(const CallFigures& after, const CallFigures& before) {
  if (after.calls < before.calls) return after;
  CallFigures change = after;
  change.calls -= before.calls;
  change.failed = Grown(before.failed, after.failed);
  for (size_t i = 0; i < change.buckets.size() && i < before.buckets.size();
       ++i) {
    change.buckets[i] = Grown(before.buckets[i], after.buckets[i]);
  }
  change.recall_matches = Grown(before.recall_matches, after.recall_matches);
  change.recall_expected = Grown(before.recall_expected, after.recall_expected);
  change.recall_samples = Grown(before.recall_samples, after.recall_samples);
  return change;
}

}  // namespace

void CallHistory::Add(absl::Time time, const Figures& figures) {
  Moment moment = {time, CallsOf(figures), figures.counts};
  MutexLock lock(&mu_);
  moments_.push_back(std::move(moment));
  // One more than there are steps between them.
  if (moments_.size() > kSteps + 1) moments_.pop_front();
}

CallHistory::Change CallHistory::Since(absl::Duration age, absl::Time now,
                                       absl::Time start,
                                       const Figures& figures) const {
  Moment before = {start, {}, {}};
  {
    MutexLock lock(&mu_);
    for (const Moment& moment : moments_) {
      const bool old = moment.time <= now - age;
      // The last that is old enough; before there is one, what is known of the
      // start.
      if (old) before = moment;
    }
    if (moments_.size() > kSteps && before.time == start) {
      before = moments_.front();
    }
  }
  Change change;
  change.time = now - before.time;
  for (auto& [name, calls] : CallsOf(figures)) {
    const auto known = before.calls.find(name);
    change.calls[name] =
        known == before.calls.end() ? calls : Minus(calls, known->second);
  }
  for (const auto& [words, count] : figures.counts) {
    const auto known = before.counts.find(words);
    const double grown =
        known == before.counts.end() ? count : Grown(known->second, count);
    if (grown > 0) change.counts[words] = grown;
  }
  return change;
}

CallFigures CallHistory::CallsBetween(const Moment& before, const Moment& after,
                                      const std::string& index) {
  const auto now = after.calls.find(index);
  if (now == after.calls.end()) return {};
  const auto then = before.calls.find(index);
  return then == before.calls.end() ? now->second
                                    : Minus(now->second, then->second);
}

std::vector<double> CallHistory::Rates(const std::string& index) const {
  MutexLock lock(&mu_);
  std::vector<double> rates;
  for (size_t i = 1; i < moments_.size(); ++i) {
    const double seconds =
        absl::ToDoubleSeconds(moments_[i].time - moments_[i - 1].time);
    const CallFigures calls = CallsBetween(moments_[i - 1], moments_[i], index);
    rates.push_back(seconds > 0 ? calls.calls / seconds : 0);
  }
  return rates;
}

std::vector<double> CallHistory::Latencies(const std::string& index,
                                           double quantile) const {
  MutexLock lock(&mu_);
  std::vector<double> latencies;
  for (size_t i = 1; i < moments_.size(); ++i) {
    latencies.push_back(LatencyQuantile(
        CallsBetween(moments_[i - 1], moments_[i], index), quantile));
  }
  return latencies;
}

double LatencyQuantile(const CallFigures& calls, double quantile) {
  double total = 0;
  for (const double count : calls.buckets) total += count;
  if (total <= 0) return 0;
  const double wanted = quantile * total;
  double below = 0;
  for (size_t i = 0; i < calls.buckets.size(); ++i) {
    const double count = calls.buckets[i];
    if (count > 0 && below + count >= wanted) {
      if (i >= std::size(kHistogramBounds)) break;
      const double lower = i == 0 ? 0 : kHistogramBounds[i - 1];
      const double part = (wanted - below) / count;
      return lower + (kHistogramBounds[i] - lower) * part;
    }
    below += count;
  }
  return std::numeric_limits<double>::infinity();
}

RecallEstimate EstimateRecall(const CallFigures& calls) {
  RecallEstimate estimate;
  if (calls.recall_expected <= 0 || calls.recall_samples <= 0) return estimate;
  const double n = calls.recall_samples;
  const double p = std::min(1.0, calls.recall_matches / calls.recall_expected);
  const double z2 = kWilsonZ * kWilsonZ;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half =
      kWilsonZ / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  estimate.samples = n;
  estimate.recall = p;
  estimate.lower = std::max(0.0, middle - half);
  estimate.upper = std::min(1.0, middle + half);
  return estimate;
}

}  // namespace annod
