#ifndef ANNOD_SERVER_WRITER_INDEX_BUILD_JOB_H_
#define ANNOD_SERVER_WRITER_INDEX_BUILD_JOB_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "annod/v1/admin_service.pb.h"
#include "core/annoy/node_layout.h"
#include "core/forest/build_rules.h"
#include "core/metric.h"
#include "core/publish/publish.h"
#include "server/process/log_context.h"

namespace annod {

// What a build was asked for, defaults of the index filled in.
struct BuildSpec {
  int tree_count = 0;
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  LayoutKind dot_layout = LayoutKind::kDot24;
  LayoutKind hamming_layout = LayoutKind::kHamming16;
  BuildRules rules = BuildRules::kAnnod;
  bool with_graph = true;
  Metric metric = Metric::kAngular;
  // The index that the items come from, if not from the built one itself.
  std::string source;
  // What the version is made of, instead of items, as by Deserialize; `metric`
  // and `dim` are those of it.
  std::shared_ptr<const ReadyForest> forest;
  int dim = 0;
  // Made of more than what is staged, as by Fit: never the same as another.
  bool own_items = false;

  // True if both make the same version; the number of threads does not matter.
  bool SameResult(const BuildSpec& other) const {
    return !own_items && !other.own_items && tree_count == other.tree_count &&
           seed == other.seed && dot_layout == other.dot_layout &&
           hamming_layout == other.hamming_layout && rules == other.rules &&
           with_graph == other.with_graph && metric == other.metric &&
           source == other.source && forest == other.forest;
  }
};

// One build: its progress, watched by any number of callers, and its result.
// Thread-safe.
class BuildJob {
 public:
  // `on_report` is called after each Report() that is not of a past phase, from
  // its thread; may be empty.
  BuildJob(std::string index, BuildSpec spec, std::function<void()> on_report);

  // What is run instead of BuildIndex(), set before the job is queued.
  using Work = std::function<absl::StatusOr<v1::BuildResult>(BuildJob* job)>;
  void set_work(Work work) { work_ = std::move(work); }
  const Work& work() const { return work_; }

  // Called once by Cancel(), from its thread; must not block. Empty: no more.
  void SetOnCancel(std::function<void()> on_cancel);

  const std::string& index() const { return index_; }
  const BuildSpec& spec() const { return spec_; }
  // Of the call that the build was made by: what is logged of it names the id.
  const std::string& request_id() const { return request_id_; }

  // The builder's side. Fractions are of the phase; the whole never falls.
  void Report(v1::BuildPhase phase, double fraction_of_phase, int trees_done);
  void Finish(absl::StatusOr<v1::BuildResult> result);
  const std::atomic<bool>* cancel_flag() const { return &cancelled_; }

  // The build stops soon with `why`, unless it is done already.
  void Cancel(absl::Status why);
  bool cancelled() const { return cancelled_.load(); }
  absl::Status cancel_reason() const;

  v1::BuildProgress Progress() const;
  // Returns when the phase is no longer `seen`, the job is done, or after
  // `timeout`. True if done.
  bool AwaitChange(v1::BuildPhase seen, absl::Duration timeout) const;
  void AwaitDone() const;
  bool done() const;
  // After done.
  absl::StatusOr<v1::BuildResult> result() const;

 private:
  double SecondsLeft(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string index_;
  const BuildSpec spec_;
  const std::function<void()> on_report_;
  const std::string request_id_ = LogRequestId();
  const absl::Time started_;
  Work work_;
  std::atomic<bool> cancelled_{false};

  mutable absl::Mutex mu_;
  v1::BuildPhase phase_ ABSL_GUARDED_BY(mu_) = v1::BUILD_PHASE_QUEUED;
  double fraction_ ABSL_GUARDED_BY(mu_) = 0;
  int trees_done_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status cancel_reason_ ABSL_GUARDED_BY(mu_);
  std::function<void()> on_cancel_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::StatusOr<v1::BuildResult>> result_ ABSL_GUARDED_BY(mu_);
  absl::Time began_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Time ended_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  // What Progress() last said of the time left, and when.
  mutable double said_left_ ABSL_GUARDED_BY(mu_) = 0;
  mutable absl::Time said_at_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_BUILD_JOB_H_
