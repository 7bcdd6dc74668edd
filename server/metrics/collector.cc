#include "server/metrics/collector.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/metrics/metric_catalog.h"

namespace annod {
namespace {

constexpr char kCreateTime[] = "annod_index_create_time_seconds";
constexpr char kWorkerReady[] = "annod_worker_ready";

prometheus::MetricType TypeOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return prometheus::MetricType::Counter;
    case MetricKind::kHistogram:
      return prometheus::MetricType::Histogram;
    case MetricKind::kGaugeSum:
    case MetricKind::kGaugeMax:
      break;
  }
  return prometheus::MetricType::Gauge;
}

prometheus::ClientMetric::Histogram ToHistogram(
    const std::vector<uint64_t>& buckets, double sum) {
  prometheus::ClientMetric::Histogram histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    cumulative += buckets[i];
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = cumulative;
    bucket.upper_bound = i < std::size(kHistogramBounds)
                             ? kHistogramBounds[i]
                             : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back(bucket);
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = sum;
  return histogram;
}

// The index that a series is about; empty if none.
const std::string& IndexOf(const LabelPairs& labels) {
  static const auto* const none = new std::string;
  for (const auto& [name, value] : labels) {
    if (name == "index") return value;
  }
  return *none;
}

bool IsUnused(double value, const std::vector<uint64_t>& buckets) {
  return value == 0 && std::all_of(buckets.begin(), buckets.end(),
                                   [](uint64_t count) { return count == 0; });
}

bool SurvivesItsProcess(MetricKind kind) {
  return kind == MetricKind::kCounter || kind == MetricKind::kHistogram;
}

}  // namespace

void Collector::Add(const SeriesSample& sample, Totals* totals) {
  std::vector<std::string> values;
  for (const auto& label : sample.labels) values.push_back(label.second);
  const auto [it, inserted] =
      totals->try_emplace({sample.name, std::move(values)});
  Total& total = it->second;
  if (inserted) {
    total.labels = sample.labels;
    total.value = sample.value;
    total.buckets = sample.buckets;
    return;
  }
  if (sample.kind == MetricKind::kGaugeMax) {
    total.value = std::max(total.value, sample.value);
    return;
  }
  total.value += sample.value;
  for (size_t i = 0; i < total.buckets.size() && i < sample.buckets.size();
       ++i) {
    total.buckets[i] += sample.buckets[i];
  }
}

void Collector::Learn(const SeriesSample& sample, Indexes* indexes) {
  if (sample.name == kCreateTime) {
    double& created = indexes->created[IndexOf(sample.labels)];
    created = std::max(created, sample.value);
  } else if (sample.name == kWorkerReady && sample.value > 0) {
    // It has looked at all of them.
    indexes->complete = true;
  }
}

void Collector::ForgetDropped(const Indexes& indexes) const {
  for (auto it = retired_.begin(); it != retired_.end();) {
    const Total& total = it->second;
    const std::string& index = IndexOf(total.labels);
    bool dropped = false;
    if (!index.empty()) {
      const auto found = indexes.created.find(index);
      dropped = found == indexes.created.end()
                    ? indexes.complete
                    : total.created != 0 && total.created != found->second;
    }
    it = dropped ? retired_.erase(it) : std::next(it);
  }
}

std::vector<prometheus::MetricFamily> Collector::Collect() const {
  Totals totals;
  {
    MutexLock lock(&mu_);
    std::vector<SeriesSample> samples;
    Indexes indexes;
    for (int slot = 0; slot < slot_count_; ++slot) {
      for (SeriesSample& sample : page_->Read(slot)) {
        Learn(sample, &indexes);
        samples.push_back(std::move(sample));
      }
    }
    ForgetDropped(indexes);
    totals = retired_;
    for (const SeriesSample& sample : samples) Add(sample, &totals);
  }

  std::vector<prometheus::MetricFamily> families;
  for (const auto& [key, total] : totals) {
    const MetricInfo* info = FindMetric(key.first);
    if (info == nullptr) continue;  // page and catalog are the same program
    if (SurvivesItsProcess(info->kind) &&
        IsUnused(total.value, total.buckets) &&
        !IndexOf(total.labels).empty()) {
      continue;
    }
    if (families.empty() || families.back().name != key.first) {
      families.emplace_back();
      families.back().name = info->name;
      families.back().help = info->help;
      families.back().type = TypeOf(info->kind);
    }
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : total.labels) {
      metric.label.push_back({name, value});
    }
    if (info->kind == MetricKind::kHistogram) {
      metric.histogram = ToHistogram(total.buckets, total.value);
    } else if (info->kind == MetricKind::kCounter) {
      metric.counter.value = total.value;
    } else {
      metric.gauge.value = total.value;
    }
    families.back().metric.push_back(std::move(metric));
  }
  return families;
}

std::vector<SeriesSample> Collector::ReadSlot(int slot) const {
  MutexLock lock(&mu_);
  return page_->Read(slot);
}

void Collector::Retire(int slot) {
  MutexLock lock(&mu_);
  Indexes indexes;
  std::vector<SeriesSample> ended;
  for (int other = 0; other < slot_count_; ++other) {
    for (SeriesSample& sample : page_->Read(other)) {
      Learn(sample, &indexes);
      if (other == slot && SurvivesItsProcess(sample.kind)) {
        ended.push_back(std::move(sample));
      }
    }
  }
  indexes.complete = false;
  ForgetDropped(indexes);
  for (const SeriesSample& sample : ended) {
    Add(sample, &retired_);
    const auto found = indexes.created.find(IndexOf(sample.labels));
    if (found == indexes.created.end()) continue;
    std::vector<std::string> values;
    for (const auto& label : sample.labels) values.push_back(label.second);
    retired_[{sample.name, std::move(values)}].created = found->second;
  }
  page_->Clear(slot);
}

}  // namespace annod
