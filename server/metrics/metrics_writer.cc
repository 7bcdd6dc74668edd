#include "server/metrics/metrics_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "server/metrics/metric_catalog.h"
#include "server/metrics/series_text.h"

namespace annod {
namespace {

bool IsGauge(MetricKind kind) {
  return kind == MetricKind::kGaugeSum || kind == MetricKind::kGaugeMax;
}

// What the entry counted for another series is forgotten meanwhile.
template <typename Clear>
void Fill(SeriesHead* head, MetricKind kind, const std::string& text,
          Clear clear) {
  head->generation.fetch_add(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  head->kind = static_cast<uint32_t>(kind);
  head->text_bytes = text.size();
  std::memcpy(head->text, text.data(), text.size());
  clear();
  head->live.store(1, std::memory_order_relaxed);
  head->generation.fetch_add(1, std::memory_order_release);
}

bool HasLabel(const DecodedSeries& series, absl::string_view label,
              absl::string_view value) {
  return std::any_of(series.labels.begin(), series.labels.end(),
                     [&](const auto& pair) {
                       return pair.first == label && pair.second == value;
                     });
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
  const int64_t index = NewEntry(histogram);
  if (index < 0) {
    Drop();
    return -1;
  }
  if (histogram) {
    HistogramEntry& entry = slot_->histograms[index];
    Fill(&entry.head, info->kind, *text, [&entry] {
      for (auto& cell : entry.cells) cell.store(0, std::memory_order_relaxed);
    });
  } else {
    ScalarEntry& entry = slot_->scalars[index];
    Fill(&entry.head, info->kind, *text,
         [&entry] { entry.value.store(0, std::memory_order_relaxed); });
  }
  std::atomic<uint32_t>& count =
      histogram ? slot_->histogram_count : slot_->scalar_count;
  if (index == count.load(std::memory_order_relaxed)) {
    count.store(index + 1, std::memory_order_release);  // publishes the entry
  }
  entries_.emplace(*std::move(text), index);
  return index;
}

int64_t SlotWriter::NewEntry(bool histogram) {
  std::deque<Removed>& removed =
      histogram ? removed_histograms_ : removed_scalars_;
  if (!removed.empty() && absl::Now() - removed.front().at > kHandleLife) {
    const uint32_t index = removed.front().index;
    removed.pop_front();
    return index;
  }
  const uint32_t index =
      (histogram ? slot_->histogram_count : slot_->scalar_count)
          .load(std::memory_order_relaxed);
  if (index >= (histogram ? kMaxHistograms : kMaxScalars)) return -1;
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
  gauge.cell = &slot_->scalars[index].value;
  return gauge;
}

Histogram SlotWriter::GetHistogram(absl::string_view name,
                                   const LabelPairs& labels) {
  Histogram histogram;
  const int64_t index = FindOrAdd(name, labels, Wanted::kHistogram);
  if (index >= 0) histogram.cells = slot_->histograms[index].cells;
  return histogram;
}

void SlotWriter::Remove(absl::string_view label, absl::string_view value) {
  if (slot_ == nullptr) return;
  const absl::Time now = absl::Now();
  MutexLock lock(&mu_);
  absl::erase_if(entries_, [&](const auto& entry) {
    const std::optional<DecodedSeries> series = DecodeSeries(entry.first);
    if (!series.has_value() || !HasLabel(*series, label, value)) return false;
    const bool histogram = series->info->kind == MetricKind::kHistogram;
    SeriesHead& head = histogram ? slot_->histograms[entry.second].head
                                 : slot_->scalars[entry.second].head;
    head.live.store(0, std::memory_order_release);
    (histogram ? removed_histograms_ : removed_scalars_)
        .push_back({entry.second, now});
    return true;
  });
}

}  // namespace annod
