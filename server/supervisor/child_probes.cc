#include "server/supervisor/child_probes.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "grpc/health/v1/health.grpc.pb.h"

namespace annod {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Clock = std::chrono::steady_clock;

std::shared_ptr<grpc::Channel> FreshChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Otherwise channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

// Whether somebody said this, and not the library that nobody did.
bool IsAnswer(const grpc::Status& status) {
  return status.error_code() != grpc::StatusCode::UNAVAILABLE &&
         status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED &&
         status.error_code() != grpc::StatusCode::CANCELLED;
}

}  // namespace

// One question.
class ChildProbes::Probe {
 public:
  Probe(int slot, int64_t life, const std::string& address,
        absl::Duration timeout, grpc::CompletionQueue* queue)
      : slot(slot), life(life), stub_(Health::NewStub(FreshChannel(address))) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    call_ = stub_->AsyncCheck(&context_, HealthCheckRequest(), queue);
    call_->Finish(&response_, &status_, this);
  }

  void Cancel() { context_.TryCancel(); }
  bool answered() const { return IsAnswer(status_); }

  const int slot;
  const int64_t life;

 private:
  const std::unique_ptr<Health::Stub> stub_;
  grpc::ClientContext context_;
  HealthCheckResponse response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<HealthCheckResponse>> call_;
};

ChildProbes::ChildProbes(Options options)
    : options_(std::move(options)),
      event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      watch_(static_cast<int>(options_.addresses.size()),
             absl::ToChronoNanoseconds(options_.timeout)),
      lives_(options_.addresses.size()),
      told_(options_.addresses.size()) {
  thread_ = std::thread([this] { Loop(); });
}

ChildProbes::~ChildProbes() {
  stopped_.store(true);
  thread_.join();
  close(event_fd_);
}

void ChildProbes::Started(int slot) {
  absl::MutexLock lock(&mu_);
  watch_.Forget(slot);
  ++lives_[slot];
  told_[slot] = false;
}

std::vector<int> ChildProbes::TakeStalled() {
  uint64_t count;
  (void)!read(event_fd_, &count, sizeof(count));
  absl::MutexLock lock(&mu_);
  return std::exchange(stalled_, {});
}

void ChildProbes::Loop() {
  const Clock::duration interval = std::chrono::duration_cast<Clock::duration>(
      absl::ToChronoNanoseconds(options_.interval));
  Clock::time_point next_round = Clock::now();
  while (!stopped_.load()) {
    void* tag;
    bool ok;
    // Short enough for the destructor not to be kept waiting.
    const auto wait = std::min<Clock::duration>(next_round - Clock::now(),
                                                std::chrono::milliseconds(50));
    const auto next = queue_.AsyncNext(
        &tag, &ok,
        std::chrono::system_clock::now() +
            std::chrono::duration_cast<std::chrono::microseconds>(wait));
    if (next == grpc::CompletionQueue::GOT_EVENT) {
      Ended(*static_cast<Probe*>(tag));
      continue;
    }
    const Clock::time_point now = Clock::now();
    if (now < next_round) continue;
    if (now - next_round > 2 * interval) {
      // This process was stopped or starved, and the others perhaps with it.
      absl::MutexLock lock(&mu_);
      watch_.ForgiveAll();
    }
    Judge(now);
    AskAll();
    next_round = now + interval;
  }
  for (const auto& probe : probes_) probe->Cancel();
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

void ChildProbes::AskAll() {
  for (size_t slot = 0; slot < options_.addresses.size(); ++slot) {
    int64_t life;
    {
      absl::MutexLock lock(&mu_);
      watch_.Asked(static_cast<int>(slot), Clock::now());
      life = lives_[slot];
    }
    probes_.insert(std::make_unique<Probe>(static_cast<int>(slot), life,
                                           options_.addresses[slot],
                                           options_.timeout, &queue_));
  }
}

void ChildProbes::Judge(StallWatch::Time now) {
  absl::MutexLock lock(&mu_);
  bool any = false;
  for (int slot = 0; slot < static_cast<int>(lives_.size()); ++slot) {
    options_.silent_seconds[slot].Set(
        std::chrono::duration<double>(watch_.SilentFor(slot, now)).count());
    if (told_[slot] || !watch_.Stalled(slot, now)) continue;
    told_[slot] = true;
    stalled_.push_back(slot);
    any = true;
  }
  if (!any) return;
  const uint64_t one = 1;
  (void)!write(event_fd_, &one, sizeof(one));
}

void ChildProbes::Ended(const Probe& probe) {
  {
    absl::MutexLock lock(&mu_);
    // What another life of the slot said means nothing.
    if (probe.answered() && probe.life == lives_[probe.slot]) {
      watch_.Answered(probe.slot);
      options_.answers[probe.slot].Add();
    }
  }
  const auto same = [&](const std::unique_ptr<Probe>& other) {
    return other.get() == &probe;
  };
  probes_.erase(std::find_if(probes_.begin(), probes_.end(), same));
}

}  // namespace annod
