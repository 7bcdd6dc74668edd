#ifndef ANNOD_SERVER_WRITER_INDEX_BUILD_QUEUE_H_
#define ANNOD_SERVER_WRITER_INDEX_BUILD_QUEUE_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/writer/index/build_job.h"

namespace annod {

// Runs builds one after the other, at most one for each index at a time: a
// build uses all cores, and two would only slow each other down. Thread-safe.
class BuildQueue {
 public:
  using Run = std::function<absl::StatusOr<v1::BuildResult>(BuildJob* job)>;
  using OnReport = std::function<void(const std::string& index)>;

  // `run` is called on the queue's thread; `on_report` after each report.
  // `on_end` is called when Find() no longer knows a job, before those that
  // wait for its end are told; from the thread that ends it.
  BuildQueue(Run run, OnReport on_report, OnReport on_end = nullptr);
  ~BuildQueue();

  // A new job, or the one of this index that is queued or running if it makes
  // the same version; BUILD_RUNNING if it makes another. `work`, if given, is
  // the new job's; it is gone when the job is done.
  absl::StatusOr<std::shared_ptr<BuildJob>> Submit(
      const std::string& index, const BuildSpec& spec,
      BuildJob::Work work = nullptr);

  // A job whose items are still being gathered, as by Fit: the index is taken
  // by it, like by one that is queued, until Enqueue() or Abandon(), one of
  // which must follow. BUILD_RUNNING if the index has a job.
  absl::StatusOr<std::shared_ptr<BuildJob>> Reserve(const std::string& index,
                                                    const BuildSpec& spec);
  // Queues a job of Reserve(), which has work() now.
  void Enqueue(const std::shared_ptr<BuildJob>& job);
  // Ends a job of Reserve() that was not queued.
  void Abandon(const std::shared_ptr<BuildJob>& job, const absl::Status& why);

  // The job of this index that is gathering, queued or running; null if none.
  std::shared_ptr<BuildJob> Find(const std::string& index) const;

  // Cancels the job of this index and waits for its end; false if there is
  // none.
  bool Cancel(const std::string& index, const absl::Status& why);

  // Cancels the job of this index, waits for its end and refuses new ones until
  // Unblock().
  void BlockAndCancel(const std::string& index, const absl::Status& why);
  void Unblock(const std::string& index);

  // Cancels all and refuses new ones; returns when the thread has ended.
  void Stop(const absl::Status& why);

 private:
  void Loop();
  void Finish(const std::shared_ptr<BuildJob>& job,
              absl::StatusOr<v1::BuildResult> result) const;
  std::shared_ptr<BuildJob> NewJob(const std::string& index,
                                   const BuildSpec& spec) const;

  const Run run_;
  const OnReport on_report_;
  const OnReport on_end_;

  mutable absl::Mutex mu_;
  absl::Status stopped_ ABSL_GUARDED_BY(mu_);
  std::deque<std::shared_ptr<BuildJob>> waiting_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::shared_ptr<BuildJob>> jobs_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> blocked_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_BUILD_QUEUE_H_
