#ifndef ANNOD_SERVER_WORKER_CATALOG_CATALOG_H_
#define ANNOD_SERVER_WORKER_CATALOG_CATALOG_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "annod/internal/v1/sync_service.pb.h"
#include "annod/v1/types.pb.h"
#include "core/staging/staged_follower.h"
#include "core/storage/index_settings.h"
#include "core/version/version_store.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// An index as this worker serves it now. Immutable.
struct IndexView {
  IndexSettings settings;
  v1::IndexState state = v1::INDEX_STATE_LOADING;
  std::string state_reason;                    // why, if the state is failed
  std::shared_ptr<const OpenVersion> version;  // not null if serving
  // Where stored items are read from after Unbuild, together with `staged`;
  // answers no query. Null while a version serves.
  std::shared_ptr<const OpenVersion> unbuilt;
  // What is stored and removed since the version was built, or in an index that
  // was never built; null if there is nothing to follow. Thread-safe.
  std::shared_ptr<StagedFollower> staged;
  std::vector<VersionStore::Rejected> quarantined;
  int64_t newest_version = 0;  // see VersionStore::Newest()
  std::vector<int64_t> kept_versions;
  std::string revision;                         // see IndexInfo
  std::shared_ptr<const IndexMetrics> metrics;  // never null
};

// The indexes that this worker serves. Queries take a view and keep it until
// they have answered; a change replaces a view, it never edits one.
// Thread-safe; a look-up costs a short lock and a map search.
class Catalog {
 public:
  using Views = std::map<std::string, std::shared_ptr<const IndexView>>;

  // `on_change` is called after every change of a view, from the thread that
  // made it. Set before the catalog is shared.
  void set_on_change(std::function<void()> on_change) {
    on_change_ = std::move(on_change);
  }

  std::shared_ptr<const Views> views() const;
  // Null if there is no such index.
  std::shared_ptr<const IndexView> Find(const std::string& name) const;

  void Put(std::shared_ptr<const IndexView> view);
  void Remove(const std::string& name);

  // What the writer says about an index.
  void SetStaged(const internal::v1::StagedState& state);

  v1::IndexInfo Info(const IndexView& view) const;

  // Unmaps replaced versions that no query uses any more. Unmapping a large
  // file takes milliseconds, which no query shall pay for.
  void ReleaseRetired();

 private:
  void FillStaged(const IndexView& view, v1::IndexInfo* info) const;
  void Replace(const std::string& name, std::shared_ptr<const IndexView> view);

  std::function<void()> on_change_;

  mutable absl::Mutex mu_;
  std::shared_ptr<const Views> views_ ABSL_GUARDED_BY(mu_) =
      std::make_shared<const Views>();
  std::map<std::string, internal::v1::StagedState> staged_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<const OpenVersion>> retired_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CATALOG_CATALOG_H_
