#include "server/writer/index/build_job.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace annod {
namespace {

// Share of the whole that is done when a phase begins and when it ends. Growing
// trees takes nearly all of the time.
struct PhaseSpan {
  double begin;
  double end;
};

PhaseSpan SpanOf(v1::BuildPhase phase) {
  switch (phase) {
    case v1::BUILD_PHASE_COLLECTING:
      return {0, 0.04};
    case v1::BUILD_PHASE_TREES:
      return {0.04, 0.9};
    case v1::BUILD_PHASE_PUBLISHING:
      return {0.9, 0.96};
    case v1::BUILD_PHASE_ACTIVATING:
      return {0.96, 1};
    case v1::BUILD_PHASE_DONE:
      return {1, 1};
    default:
      return {0, 0};
  }
}

}  // namespace

BuildJob::BuildJob(std::string index, BuildSpec spec,
                   std::function<void()> on_report)
    : index_(std::move(index)),
      spec_(std::move(spec)),
      on_report_(std::move(on_report)),
      started_(absl::Now()) {}

void BuildJob::Report(v1::BuildPhase phase, double fraction_of_phase,
                      int trees_done) {
  const PhaseSpan span = SpanOf(phase);
  const double done = std::clamp(fraction_of_phase, 0.0, 1.0);
  {
    absl::MutexLock lock(&mu_);
    if (phase < phase_) return;
    if (phase_ == v1::BUILD_PHASE_QUEUED) began_ = absl::Now();
    phase_ = phase;
    fraction_ =
        std::max(fraction_, span.begin + done * (span.end - span.begin));
    trees_done_ = std::max(trees_done_, trees_done);
  }
  if (on_report_) on_report_();
}

void BuildJob::Finish(absl::StatusOr<v1::BuildResult> result) {
  absl::MutexLock lock(&mu_);
  if (result.ok()) {
    phase_ = v1::BUILD_PHASE_DONE;
    fraction_ = 1;
  }
  ended_ = absl::Now();
  result_ = std::move(result);
}

void BuildJob::Cancel(absl::Status why) {
  absl::MutexLock lock(&mu_);
  if (result_ || cancelled_.load()) return;
  cancel_reason_ = std::move(why);
  cancelled_.store(true);
  if (on_cancel_) on_cancel_();
}

void BuildJob::SetOnCancel(std::function<void()> on_cancel) {
  absl::MutexLock lock(&mu_);
  on_cancel_ = std::move(on_cancel);
  if (on_cancel_ && cancelled_.load()) on_cancel_();
}

absl::Status BuildJob::cancel_reason() const {
  absl::MutexLock lock(&mu_);
  return cancel_reason_;
}

v1::BuildProgress BuildJob::Progress() const {
  absl::MutexLock lock(&mu_);
  const absl::Time now = std::min(absl::Now(), ended_);
  v1::BuildProgress progress;
  progress.set_phase(phase_);
  progress.set_fraction_done(fraction_);
  progress.set_trees_done_count(trees_done_);
  progress.set_seconds_elapsed(absl::ToDoubleSeconds(now - started_));
  // Too early, an estimate would only be noise.
  if (fraction_ > 0.06 && fraction_ < 1) {
    const double spent = absl::ToDoubleSeconds(now - began_);
    progress.set_seconds_left(spent * (1 - fraction_) / fraction_);
  }
  return progress;
}

bool BuildJob::AwaitChange(v1::BuildPhase seen, absl::Duration timeout) const {
  absl::MutexLock lock(&mu_);
  const auto changed = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return result_.has_value() || phase_ != seen;
  };
  mu_.AwaitWithTimeout(absl::Condition(&changed), timeout);
  return result_.has_value();
}

void BuildJob::AwaitDone() const {
  absl::MutexLock lock(&mu_);
  const auto done = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return result_.has_value();
  };
  mu_.Await(absl::Condition(&done));
}

bool BuildJob::done() const {
  absl::MutexLock lock(&mu_);
  return result_.has_value();
}

absl::StatusOr<v1::BuildResult> BuildJob::result() const {
  absl::MutexLock lock(&mu_);
  return *result_;
}

}  // namespace annod
