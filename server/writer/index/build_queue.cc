#include "server/writer/index/build_queue.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/rpc/errors.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

absl::Status RunningError(const BuildJob& job) {
  const std::string& index = job.index();
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kBuildRunning,
      job.spec().own_items
          ? absl::StrCat("index '", index,
                         "' is taking in the rows of a Fit; wait for its end")
          : absl::StrCat("index '", index, "' is being built with tree_count ",
                         job.spec().tree_count, " and seed ", job.spec().seed,
                         "; wait for its end, or join it with the same "
                         "parameters"),
      {{"index", index}});
}

// As of those that run.
void LogNeverRun(const BuildJob& job) {
  spdlog::info("build cancelled index={} reason=\"{}\"", job.index(),
               std::string(job.cancel_reason().message()));
}

}  // namespace

BuildQueue::BuildQueue(Run run, OnReport on_report, OnReport on_end)
    : run_(std::move(run)),
      on_report_(std::move(on_report)),
      on_end_(std::move(on_end)) {
  thread_ = std::thread([this] { Loop(); });
}

BuildQueue::~BuildQueue() { Stop(absl::CancelledError("shutting down")); }

absl::StatusOr<std::shared_ptr<BuildJob>> BuildQueue::Submit(
    const std::string& index, const BuildSpec& spec, BuildJob::Work work) {
  absl::MutexLock lock(&mu_);
  if (!stopped_.ok()) return stopped_;
  if (blocked_.count(index) > 0) return IndexNotFoundError(index);
  std::shared_ptr<BuildJob>& job = jobs_[index];
  if (job != nullptr) {
    if (job->spec().SameResult(spec)) return job;
    return RunningError(*job);
  }
  job = NewJob(index, spec);
  job->set_work(std::move(work));
  waiting_.push_back(job);
  return job;
}

std::shared_ptr<BuildJob> BuildQueue::NewJob(const std::string& index,
                                             const BuildSpec& spec) const {
  return std::make_shared<BuildJob>(index, spec, [this, index] {
    if (on_report_) on_report_(index);
  });
}

absl::StatusOr<std::shared_ptr<BuildJob>> BuildQueue::Reserve(
    const std::string& index, const BuildSpec& spec) {
  absl::MutexLock lock(&mu_);
  if (!stopped_.ok()) return stopped_;
  if (blocked_.count(index) > 0) return IndexNotFoundError(index);
  std::shared_ptr<BuildJob>& job = jobs_[index];
  if (job != nullptr) return RunningError(*job);
  job = NewJob(index, spec);
  return job;
}

void BuildQueue::Enqueue(const std::shared_ptr<BuildJob>& job) {
  absl::Status stopped;
  {
    absl::MutexLock lock(&mu_);
    stopped = stopped_;
    if (stopped.ok()) waiting_.push_back(job);
  }
  if (!stopped.ok()) Abandon(job, stopped);
}

void BuildQueue::Abandon(const std::shared_ptr<BuildJob>& job,
                         const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    jobs_.erase(job->index());
  }
  Finish(job, job->cancelled() ? job->cancel_reason() : why);
}

void BuildQueue::Finish(const std::shared_ptr<BuildJob>& job,
                        absl::StatusOr<v1::BuildResult> result) const {
  if (on_end_) on_end_(job->index());
  job->Finish(std::move(result));
}

std::shared_ptr<BuildJob> BuildQueue::Find(const std::string& index) const {
  absl::MutexLock lock(&mu_);
  const auto it = jobs_.find(index);
  return it == jobs_.end() ? nullptr : it->second;
}

void BuildQueue::BlockAndCancel(const std::string& index,
                                const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    blocked_.insert(index);
  }
  Cancel(index, why);
}

bool BuildQueue::Cancel(const std::string& index, const absl::Status& why) {
  std::shared_ptr<BuildJob> job;
  bool never_run = false;
  {
    absl::MutexLock lock(&mu_);
    const auto it = jobs_.find(index);
    if (it == jobs_.end()) return false;
    job = it->second;
    job->Cancel(why);
    const auto waiting = std::find(waiting_.begin(), waiting_.end(), job);
    if (waiting != waiting_.end()) {
      // It need not wait for its turn to end.
      never_run = true;
      waiting_.erase(waiting);
      jobs_.erase(it);
    }
  }
  if (never_run) {
    LogNeverRun(*job);
    job->set_work(nullptr);
    Finish(job, why);
  }
  job->AwaitDone();
  return true;
}

void BuildQueue::Unblock(const std::string& index) {
  absl::MutexLock lock(&mu_);
  blocked_.erase(index);
}

void BuildQueue::Stop(const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    if (stopped_.ok()) stopped_ = why;
    for (auto& [index, job] : jobs_) job->Cancel(why);
  }
  if (thread_.joinable()) thread_.join();
}

void BuildQueue::Loop() {
  for (;;) {
    std::shared_ptr<BuildJob> job;
    {
      absl::MutexLock lock(&mu_);
      const auto wake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
        return !stopped_.ok() || !waiting_.empty();
      };
      mu_.Await(absl::Condition(&wake));
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const LogContext context(job->request_id());
    absl::StatusOr<v1::BuildResult> result = absl::CancelledError();
    if (job->cancelled()) {
      LogNeverRun(*job);
    } else {
      result = run_(job.get());
    }
    // Callers shall find free what it held.
    job->set_work(nullptr);
    if (!result.ok() && job->cancelled()) result = job->cancel_reason();
    {
      absl::MutexLock lock(&mu_);
      jobs_.erase(job->index());
    }
    Finish(job, std::move(result));
  }
}

}  // namespace annod
