#ifndef ANNOD_SERVER_WRITER_STATE_WRITER_STATE_H_
#define ANNOD_SERVER_WRITER_STATE_WRITER_STATE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "annod/internal/v1/sync_service.pb.h"
#include "core/storage/data_directory.h"
#include "server/config/live_config.h"
#include "server/writer/index/build_queue.h"
#include "server/writer/index/index_set.h"
#include "server/writer/state/attached_watch.h"
#include "server/writer/state/quota_ledger.h"
#include "server/writer/state/replica_states.h"
#include "server/writer/state/sync_hub.h"
#include "server/writer/state/writer_metrics.h"

namespace annod {

// The writer without its RPCs: the indexes, the build queue and the workers
// that must learn of every change. Thread-safe.
class WriterState {
 public:
  WriterState(DataDirectory* data, const LiveConfig* config,
              WriterMetrics* metrics);
  ~WriterState();

  // Opens every index; the rest may be used once this has returned OK.
  absl::Status Start();

  // Ends builds and the workers' streams; additions go on.
  void Drain();

  SyncHub* hub() { return &hub_; }
  IndexSet* indexes() { return &indexes_; }
  BuildQueue* builds() { return &builds_; }
  QuotaLedger* quotas() { return &quotas_; }
  ReplicaStates* replica() { return &replica_; }
  WriterMetrics* metrics() { return metrics_; }
  const DataDirectory& data() const { return *data_; }
  std::shared_ptr<const Config> config() const { return config_->Get(); }

  // Create an index; return when every connected worker that is not silent
  // knows it, or after a bounded time, for the change is durable and they will
  // learn of it.
  absl::StatusOr<std::shared_ptr<WriterIndex>> Create(
      const IndexSettings& settings);
  absl::Status Drop(const std::string& name);
  // Takes back a creation: drops `index` unless it is being built or something
  // was put into it meanwhile, or it is gone already.
  void DropIfEmpty(const std::shared_ptr<WriterIndex>& index);
  // Drops temporary indexes whose lease has expired, but for those that are
  // being built.
  void DropExpired();

  // The settings of `index` changed on disk: returns as Create() does.
  void Announce(const WriterIndex& index);
  // The same for what it serves, which may take workers longer to look at.
  void AnnounceVersion(const WriterIndex& index);
  // Looks again at what lies on disk of one index, or of all for an empty name;
  // returns them when every worker has looked, too.
  absl::StatusOr<std::vector<std::shared_ptr<WriterIndex>>> Reload(
      const std::string& name);

  // Builds a new index, `target`, from all items of `source`; joins a rebuild
  // that makes the same. `grants` are kept until it has ended.
  absl::StatusOr<std::shared_ptr<BuildJob>> StartRebuild(
      std::shared_ptr<WriterIndex> source, const IndexSettings& target,
      const BuildSpec& spec, std::vector<QuotaLedger::Grant> grants);

  // Ends the build that runs or waits for `index`; BUILD_NOT_RUNNING.
  absl::Status CancelBuild(const std::string& index);
  absl::StatusOr<std::shared_ptr<BuildJob>> StartBuild(const WriterIndex& index,
                                                       const BuildSpec& spec);

  // Items were added to `index`.
  void ItemsAdded(const WriterIndex& index, int64_t count);

  // Items of `index` were removed.
  void ItemsRemoved(const WriterIndex& index, int64_t count);

  // Looks at the journals of all indexes, tells of those that were damaged
  // since, and brings the gauges of all indexes up to date. To be called every
  // second.
  void LookAtIndexes();

 private:
  absl::StatusOr<v1::BuildResult> RunBuild(BuildJob* job);
  absl::StatusOr<v1::BuildResult> Rebuild(WriterIndex* source,
                                          IndexSettings target, BuildJob* job);
  std::vector<internal::v1::StagedState> StagedStates(
      const std::set<std::string>* names) const;
  internal::v1::StagedState StagedStateOf(const WriterIndex& index) const;

  DataDirectory* const data_;
  const LiveConfig* const config_;
  WriterMetrics* const metrics_;
  IndexSet indexes_;
  QuotaLedger quotas_{&indexes_};
  ReplicaStates replica_;
  SyncHub hub_;
  BuildQueue builds_;                        // its thread uses those above
  std::unique_ptr<AttachedWatch> attached_;  // its thread uses all
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_STATE_WRITER_STATE_H_
