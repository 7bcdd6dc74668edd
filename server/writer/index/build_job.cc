#include "server/writer/index/build_job.h"

#include <algorithm>
#include <cmath>
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

// Seconds.
constexpr double kLeastEstimate = 1e-3;

PhaseSpan SpanOf(v1::BuildPhase phase) {
  switch (phase) {
    case v1::BUILD_PHASE_COLLECTING:
      return {0, 0.04};
    case v1::BUILD_PHASE_TREES:
    case v1::BUILD_PHASE_GRAPH:
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

// Where a phase comes among the others.
int PlaceOf(v1::BuildPhase phase) {
  if (phase == v1::BUILD_PHASE_GRAPH) return 2 * v1::BUILD_PHASE_TREES + 1;
  return 2 * phase;
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
    if (PlaceOf(phase) < PlaceOf(phase_)) return;
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
  progress.set_seconds_elapsed(
      absl::ToDoubleSeconds(std::max(now - started_, absl::ZeroDuration())));
  // Too early, an estimate would only be noise.
  if (fraction_ > 0.06 && fraction_ < 1) {
    progress.set_seconds_left(SecondsLeft(now));
  }
  return progress;
}

// The time spent tells what is left, roughly: phases differ. An estimate that
// rises is no help to who waits, so what is said falls always, by a second each
// second if the estimate stands, faster or more slowly as that is lower or
// higher.
double BuildJob::SecondsLeft(absl::Time now) const {
  const double spent =
      absl::ToDoubleSeconds(std::max(now - began_, absl::ZeroDuration()));
  const double estimate =
      std::max(spent * (1 - fraction_) / fraction_, kLeastEstimate);
  if (said_at_ == absl::InfinitePast()) {
    said_left_ = estimate;
  } else {
    said_left_ *= std::exp(-absl::ToDoubleSeconds(now - said_at_) / estimate);
  }
  said_at_ = now;
  return said_left_;
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
