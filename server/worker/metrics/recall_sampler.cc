#include "server/worker/metrics/recall_sampler.h"

#include <time.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/as_near.h"
#include "server/process/thread_priority.h"

namespace annod {
namespace {

constexpr size_t kMaxWaiting = 64;
// An exact search is cut off rather than hold a version for ever.
constexpr absl::Duration kSearchLimit = absl::Seconds(30);

absl::Duration ThreadCpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

}  // namespace

int CountMatches(Metric metric, absl::Span<const Neighbor> found,
                 absl::Span<const Neighbor> exact) {
  if (exact.empty()) return 0;
  const float farthest = exact.back().distance;
  const auto matches =
      std::count_if(found.begin(), found.end(), [&](const Neighbor& neighbor) {
        return IsAsNear(metric, neighbor.distance, farthest);
      });
  return static_cast<int>(std::min<int64_t>(matches, exact.size()));
}

RecallSampler::RecallSampler(const LiveConfig* config, WorkerMetrics* metrics)
    : config_(config), metrics_(metrics) {
  thread_ = std::thread([this] { Loop(); });
}

RecallSampler::~RecallSampler() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  stop_.Stop();
  thread_.join();
}

bool RecallSampler::ShouldSample(double fraction, uint64_t* state) {
  // xorshift64 (Marsaglia 2003): statistics, not secrets.
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return static_cast<double>(*state >> 11) * 0x1p-53 < fraction;
}

void RecallSampler::Add(const std::shared_ptr<const OpenVersion>& version,
                        const std::shared_ptr<const StagedView>& changes,
                        const std::shared_ptr<const IndexMetrics>& metrics,
                        Engine engine, double promised_recall,
                        absl::Span<const float> query, int n,
                        absl::Span<const Neighbor> found) {
  // Not waited for: the measuring thread may hold it without being run.
  if (!mu_.TryLock()) {
    metrics_->recall_dropped_queue.Add();
    return;
  }
  const bool full = queue_.size() >= kMaxWaiting;
  if (full) {
    metrics_->recall_dropped_queue.Add();
  } else {
    queue_.push_back({version,
                      changes,
                      metrics,
                      engine,
                      promised_recall,
                      version->live_misses->factor(),
                      {query.begin(), query.end()},
                      n,
                      {found.begin(), found.end()}});
  }
  mu_.Unlock();
}

int64_t RecallSampler::measured_count() const {
  absl::MutexLock lock(&mu_);
  return measured_;
}

void RecallSampler::Loop() {
  LowerThreadPriority(kLowestPriority);
  const SearchScratchPtr scratch = NewSearchScratch();
  for (;;) {
    Sample sample;
    {
      absl::MutexLock lock(&mu_);
      const auto wake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
        return stopped_ || !queue_.empty();
      };
      mu_.Await(absl::Condition(&wake));
      if (stopped_) return;
      sample = std::move(queue_.front());
      queue_.pop_front();
    }
    const absl::Duration before = ThreadCpuTime();
    Measure(sample, scratch.get());
    const absl::Duration spent = ThreadCpuTime() - before;
    const double share =
        std::clamp(config_->Get()->recall_cpu_fraction, 1e-4, 1.0);
    {
      absl::MutexLock lock(&mu_);
      ++measured_;
    }
    if (stop_.AwaitStop(spent / share - spent)) return;
  }
}

void RecallSampler::Measure(const Sample& sample, SearchScratch* scratch) {
  const std::shared_ptr<const OpenVersion> version = sample.version.lock();
  if (version == nullptr) {
    metrics_->recall_dropped_version.Add();
    return;
  }
  ItemFilter filter;
  if (sample.changes != nullptr) filter.hidden = sample.changes->removed();
  SearchOptions options;
  options.filter = &filter;
  options.n = sample.n;
  options.engine = Engine::kExact;
  options.deadline = absl::Now() + kSearchLimit;
  std::vector<Neighbor> exact;
  const absl::Status searched =
      version->forest->Search(sample.query, options, scratch, &exact, nullptr);
  if (!searched.ok()) return;
  const auto expected = static_cast<double>(exact.size());
  const double matches =
      CountMatches(version->settings.metric, sample.found, exact);
  if (sample.engine == Engine::kGraph && sample.promised_recall > 0 &&
      !exact.empty()) {
    version->live_misses->Add(sample.promised_recall, sample.factor,
                              matches / expected);
  }
  const EngineMetrics& counters = sample.metrics->Of(sample.engine);
  counters.recall_expected.Add(expected);
  counters.recall_matches.Add(matches);
  // Last: who has seen it has seen the others.
  counters.recall_samples.Add();
}

}  // namespace annod
