#include "server/metrics/metrics_writer.h"

#include <cstring>
#include <optional>
#include <string>

#include "server/metrics/metric_catalog.h"
#include "server/metrics/series_text.h"

namespace annod {
namespace {

bool IsGauge(MetricKind kind) {
  return kind == MetricKind::kGaugeSum || kind == MetricKind::kGaugeMax;
}

void Fill(SeriesHead* head, MetricKind kind, const std::string& text) {
  head->kind = static_cast<uint32_t>(kind);
  head->text_bytes = text.size();
  std::memcpy(head->text, text.data(), text.size());
  head->live.store(1, std::memory_order_relaxed);
}

}  // namespace

int64_t SlotWriter::FindOrAdd(absl::string_view name, const LabelPairs& labels,
                              Wanted wanted) {
  if (slot_ == nullptr) return -1;
  const MetricInfo* info = FindMetric(name);
  const bool right_kind =
      info != nullptr &&
      (wanted == Wanted::kCounter     ? info->kind == MetricKind::kCounter
       : wanted == Wanted::kHistogram ? info->kind == MetricKind::kHistogram
                                      : IsGauge(info->kind));
  std::optional<std::string> text;
  if (right_kind) text = EncodeSeries(*info, labels);
  if (!text.has_value()) {
    Drop();
    return -1;
  }

  MutexLock lock(&mu_);
  const auto it = entries_.find(*text);
  if (it != entries_.end()) return it->second;
  const bool histogram = wanted == Wanted::kHistogram;
  std::atomic<uint32_t>& count =
      histogram ? slot_->histogram_count : slot_->scalar_count;
  const uint32_t index = count.load(std::memory_order_relaxed);
  if (index >= (histogram ? kMaxHistograms : kMaxScalars)) {
    Drop();
    return -1;
  }
  Fill(histogram ? &slot_->histograms[index].head : &slot_->scalars[index].head,
       info->kind, *text);
  count.store(index + 1, std::memory_order_release);  // publishes the entry
  entries_.emplace(*std::move(text), index);
  return index;
}

void SlotWriter::Drop() {
  slot_->dropped_series.fetch_add(1, std::memory_order_relaxed);
}

Counter SlotWriter::GetCounter(absl::string_view name,
                               const LabelPairs& labels) {
  Counter counter;
  const int64_t index = FindOrAdd(name, labels, Wanted::kCounter);
  if (index >= 0) counter.cell = &slot_->scalars[index].value;
  return counter;
}

Gauge SlotWriter::GetGauge(absl::string_view name, const LabelPairs& labels) {
  Gauge gauge;
  const int64_t index = FindOrAdd(name, labels, Wanted::kGauge);
  if (index < 0) return gauge;
  ScalarEntry& entry = slot_->scalars[index];
  gauge.cell = &entry.value;
  MutexLock lock(&mu_);
  if (entry.head.live.load(std::memory_order_relaxed) == 0) {
    entry.value.store(0, std::memory_order_relaxed);
    entry.head.live.store(1, std::memory_order_release);  // back, from zero
  }
  return gauge;
}

Histogram SlotWriter::GetHistogram(absl::string_view name,
                                   const LabelPairs& labels) {
  Histogram histogram;
  const int64_t index = FindOrAdd(name, labels, Wanted::kHistogram);
  if (index >= 0) histogram.cells = slot_->histograms[index].cells;
  return histogram;
}

void SlotWriter::RemoveGauges(absl::string_view label,
                              absl::string_view value) {
  MutexLock lock(&mu_);
  for (const auto& [text, index] : entries_) {
    const std::optional<DecodedSeries> series = DecodeSeries(text);
    if (!series.has_value() || !IsGauge(series->info->kind)) continue;
    for (const auto& pair : series->labels) {
      if (pair.first == label && pair.second == value) {
        slot_->scalars[index].head.live.store(0, std::memory_order_release);
      }
    }
  }
}

}  // namespace annod
