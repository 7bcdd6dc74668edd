#ifndef ANNOD_SERVER_WRITER_STATE_WRITER_METRICS_H_
#define ANNOD_SERVER_WRITER_STATE_WRITER_METRICS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "annod/internal/v1/sync_service.pb.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// What the writer counts. Labels are names of existing indexes. Thread-safe.
class WriterMetrics {
 public:
  // `writer` may be null: nothing is counted then. It must outlive the object.
  explicit WriterMetrics(MetricsWriter* writer) : writer_(writer) {}

  void ItemsAdded(const std::string& index, int64_t count);
  void ItemsRemoved(const std::string& index, int64_t count);
  // `result` is "ok", "failed" or "cancelled".
  void BuildEnded(const std::string& index, const std::string& result,
                  double seconds);
  void SetStaged(const internal::v1::StagedState& state);
  void SetRemoved(const std::string& index, int64_t count);
  // Of a replica: whether the source could be asked, bytes that came from it,
  // and a version that was not taken over.
  void SetSourceUp(bool up);
  void Fetched(uint64_t bytes);
  void TakeOverFailed(const std::string& index);
  // The index was dropped.
  void Forget(const std::string& index);
  // The same of all others: a call under way may have counted once more.
  void ForgetAllBut(const std::set<std::string>& indexes);

 private:
  struct Handles {
    Counter items_added;
    Counter items_removed;
    Gauge staged_items;
    Gauge removed_items;
    Gauge journal_bytes;
    Gauge read_only;
    Gauge build_progress;
    Gauge build_seconds;
    Gauge behind_seconds;
    Gauge source_version;
  };
  void SetReplica(const internal::v1::StagedState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Handles& Of(const std::string& index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  MetricsWriter* const writer_;
  absl::Mutex mu_;
  std::map<std::string, Handles> handles_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_STATE_WRITER_METRICS_H_
