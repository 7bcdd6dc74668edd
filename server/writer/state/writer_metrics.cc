#include "server/writer/state/writer_metrics.h"

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace annod {

WriterMetrics::Handles& WriterMetrics::Of(const std::string& index) {
  const auto it = handles_.find(index);
  if (it != handles_.end()) return it->second;
  Handles& handles = handles_[index];
  if (writer_ == nullptr) return handles;
  const LabelPairs labels = {{"index", index}};
  handles.items_added = writer_->GetCounter("annod_items_added_total", labels);
  handles.items_removed =
      writer_->GetCounter("annod_items_removed_total", labels);
  handles.removed_items = writer_->GetGauge("annod_removed_items", labels);
  handles.staged_items = writer_->GetGauge("annod_staged_items", labels);
  handles.journal_bytes = writer_->GetGauge("annod_journal_bytes", labels);
  handles.read_only = writer_->GetGauge("annod_index_read_only", labels);
  handles.build_progress =
      writer_->GetGauge("annod_build_progress_ratio", labels);
  return handles;
}

void WriterMetrics::ItemsAdded(const std::string& index, int64_t count) {
  absl::MutexLock lock(&mu_);
  Of(index).items_added.Add(static_cast<double>(count));
}

void WriterMetrics::ItemsRemoved(const std::string& index, int64_t count) {
  absl::MutexLock lock(&mu_);
  Of(index).items_removed.Add(static_cast<double>(count));
}

void WriterMetrics::SetRemoved(const std::string& index, int64_t count) {
  absl::MutexLock lock(&mu_);
  Of(index).removed_items.Set(static_cast<double>(count));
}

void WriterMetrics::BuildEnded(const std::string& index,
                               const std::string& result, double seconds) {
  absl::MutexLock lock(&mu_);
  if (writer_ == nullptr) return;
  const LabelPairs labels = {{"index", index}};
  writer_
      ->GetCounter("annod_builds_total", {{"index", index}, {"result", result}})
      .Add();
  Of(index).build_progress.Set(0);
  if (result != "ok") return;
  Handles& handles = Of(index);
  if (handles.build_seconds.cell == nullptr) {
    handles.build_seconds =
        writer_->GetGauge("annod_build_duration_seconds", labels);
  }
  handles.build_seconds.Set(seconds);
}

void WriterMetrics::SetStaged(const internal::v1::StagedState& state) {
  absl::MutexLock lock(&mu_);
  const Handles& handles = Of(state.index());
  handles.staged_items.Set(static_cast<double>(state.item_count()));
  handles.journal_bytes.Set(static_cast<double>(state.journal_bytes()));
  handles.read_only.Set(state.failure().empty() ? 0 : 1);
  handles.build_progress.Set(state.has_build() ? state.build().fraction_done()
                                               : 0);
  SetReplica(state);
}

void WriterMetrics::SetReplica(const internal::v1::StagedState& state) {
  if (writer_ == nullptr || !state.has_replica()) return;
  Handles& handles = Of(state.index());
  if (handles.behind_seconds.cell == nullptr) {
    const LabelPairs labels = {{"index", state.index()}};
    handles.behind_seconds =
        writer_->GetGauge("annod_replica_behind_seconds", labels);
    handles.source_version =
        writer_->GetGauge("annod_replica_source_version", labels);
  }
  const absl::Duration behind =
      absl::Now() - absl::FromUnixMillis(state.in_sync_unix_ms());
  handles.behind_seconds.Set(std::max(0.0, absl::ToDoubleSeconds(behind)));
  handles.source_version.Set(
      static_cast<double>(state.replica().source_version()));
}

void WriterMetrics::SetSourceUp(bool up) {
  absl::MutexLock lock(&mu_);
  if (writer_ == nullptr) return;
  writer_->GetGauge("annod_replica_source_up", {}).Set(up ? 1 : 0);
}

void WriterMetrics::Fetched(uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  if (writer_ == nullptr) return;
  writer_->GetCounter("annod_replica_fetched_bytes_total", {})
      .Add(static_cast<double>(bytes));
}

void WriterMetrics::TakeOverFailed(const std::string& index) {
  absl::MutexLock lock(&mu_);
  if (writer_ == nullptr) return;
  writer_->GetCounter("annod_replica_failures_total", {{"index", index}}).Add();
}

void WriterMetrics::Forget(const std::string& index) {
  absl::MutexLock lock(&mu_);
  handles_.erase(index);
  if (writer_ != nullptr) writer_->Remove("index", index);
}

void WriterMetrics::ForgetAllBut(const std::set<std::string>& indexes) {
  absl::MutexLock lock(&mu_);
  for (auto it = handles_.begin(); it != handles_.end();) {
    if (indexes.count(it->first) > 0) {
      ++it;
      continue;
    }
    if (writer_ != nullptr) writer_->Remove("index", it->first);
    it = handles_.erase(it);
  }
}

}  // namespace annod
