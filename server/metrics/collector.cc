#include "server/metrics/collector.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "server/metrics/metric_catalog.h"

namespace annod {
namespace {

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

std::vector<prometheus::MetricFamily> Collector::Collect() const {
  Totals totals;
  {
    MutexLock lock(&mu_);
    totals = retired_;
    for (int slot = 0; slot < slot_count_; ++slot) {
      for (const SeriesSample& sample : page_->Read(slot)) {
        Add(sample, &totals);
      }
    }
  }

  std::vector<prometheus::MetricFamily> families;
  for (const auto& [key, total] : totals) {
    const MetricInfo* info = FindMetric(key.first);
    if (info == nullptr) continue;  // page and catalog are the same program
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
  for (const SeriesSample& sample : page_->Read(slot)) {
    if (SurvivesItsProcess(sample.kind)) Add(sample, &retired_);
  }
  page_->Clear(slot);
}

}  // namespace annod
