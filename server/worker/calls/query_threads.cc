#include "server/worker/calls/query_threads.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"
#include "server/rpc/parse_request.h"
#include "server/worker/calls/lane_choice.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

constexpr char kGetNns[] = "/annod.v1.IndexService/GetNns";
// Calls asked for ahead, for each thread: those that come in while gRPC reads.
constexpr int kAwaitedPerThread = 32;
// Events that a thread processes at most between two searches: refusing calls
// must not keep it from answering any.
constexpr int kMaxDrained = 128;
// How often a busy thread looks for events: each look costs a system call. In
// an overload most of what comes is refused, and soon; before, looking is only
// to notice that there is one.
constexpr absl::Duration kDrainInterval = absl::Milliseconds(2);
constexpr absl::Duration kOverloadDrainInterval = absl::Microseconds(500);
// Looks without an event after which a thread believes that there are none. One
// look reads one connection, where there may be no call.
constexpr int kEmptyLooks = 4;
// A request that takes longer to read than a quick search.
constexpr size_t kMaxQuickBytes = 1 << 20;

}  // namespace

QueryThreads::QueryThreads(IndexServiceImpl* service,
                           const GetNnsHandler* handler, QueryHelpers* helpers,
                           const Catalog* catalog, const LiveConfig* config,
                           const AccessControl* access, UnsentAnswers* unsent,
                           LargeRequests* large, WorkerMetrics* metrics)
    : catalog_(catalog),
      config_(config),
      access_(access),
      large_(large),
      metrics_(metrics),
      answerer_(handler, helpers, catalog, config, unsent, metrics),
      arriving_(service, unsent, [this](QueryCall* call) { Arrived(call); }) {}

QueryThreads::~QueryThreads() { Join(); }

void QueryThreads::AddQueue(int threads, grpc::ServerBuilder* builder) {
  thread_count_ = threads;
  arriving_.AddQueue(builder);
}

void QueryThreads::Start() {
  gate_ = std::make_unique<AdmissionGate>(thread_count_);
  slow_lanes_ = std::make_unique<SlowLanes>(thread_count_, &answerer_, config_,
                                            access_, large_, metrics_);
  arriving_.Start(thread_count_ * kAwaitedPerThread);
  for (int i = 0; i < thread_count_; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

void QueryThreads::Join() {
  if (threads_.empty()) return;
  arriving_.End();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  slow_lanes_->Join();
}

void QueryThreads::Run() {
  AnswerMemory memory;
  absl::Time last_drain = absl::InfinitePast();
  absl::Time busy_since = absl::Now();
  for (;;) {
    if (waiting_.load() == 0) {
      if (!ProcessNext()) return;
      busy_since = absl::Now();
    }
    absl::Time now = busy_since;
    const absl::Duration interval =
        gate_->overloaded(now) ? kOverloadDrainInterval : kDrainInterval;
    if (idle_.load() == 0 && absl::AbsDuration(now - last_drain) >= interval) {
      last_drain = now;
      Drain();
      now = absl::Now();
    }
    if (QueryCall* call = TakeWaiting()) {
      Begin(call, busy_since, now, &memory);
      memory.Reset();
      busy_since = absl::Now();
    }
  }
}

bool QueryThreads::ProcessNext() {
  idle_.fetch_add(1);
  // Who adds a waiting call looks at idle_ after that: one of the two sees the
  // other.
  if (waiting_.load() > 0) {
    idle_.fetch_sub(1);
    return true;
  }
  ArrivingCalls::Event event;
  const bool more = arriving_.Next(&event);
  idle_.fetch_sub(1);
  if (more) arriving_.Process(event);
  return more;
}

void QueryThreads::Drain() {
  // While another thread is free it takes what comes; taken here, it would wait
  // for this one.
  int events = 0;
  int empty_looks = 0;
  while (events < kMaxDrained && empty_looks < kEmptyLooks &&
         idle_.load() == 0) {
    ArrivingCalls::Event event;
    switch (arriving_.TryNext(&event)) {
      case grpc::CompletionQueue::GOT_EVENT:
        arriving_.Process(event);
        ++events;
        empty_looks = 0;
        break;
      case grpc::CompletionQueue::TIMEOUT:
        ++empty_looks;
        break;
      case grpc::CompletionQueue::SHUTDOWN:
        return;
    }
  }
}

AdmissionLimits QueryThreads::Limits() const {
  return LimitsOf(config_->Get()->admission, thread_count_);
}

void QueryThreads::Arrived(QueryCall* call) {
  call->arrival = absl::Now();
  const AdmissionLimits limits = Limits();
  const int waiting = waiting_.load();
  answerer_.Enter(call, Lane::kQuick);
  // Whoever may not call at all takes no place from those who may.
  absl::StatusOr<std::shared_ptr<const Caller>> caller =
      access_->Admit(*call->context, kGetNns);
  if (!caller.ok()) return answerer_.Finish(call, caller.status(), nullptr);
  call->caller = *std::move(caller);
  switch (gate_->Arrive(limits, call->arrival, waiting, running_.load())) {
    case AdmissionGate::Verdict::kAdmitted: {
      absl::MutexLock lock(&mu_);
      calls_waiting_.push_back(call);
      waiting_.fetch_add(1);
      return;
    }
    case AdmissionGate::Verdict::kTooMany:
      metrics_->rejected_in_flight.Add();
      answerer_.Finish(
          call,
          OverloadedError(absl::StrCat("a worker has ", limits.max_in_flight,
                                       " calls in flight (max_in_flight)"),
                          gate_->QueueTime(waiting)),
          nullptr);
      return;
    case AdmissionGate::Verdict::kTooLong:
      metrics_->rejected_queue_time.Add();
      answerer_.Finish(
          call,
          OverloadedError(absl::StrCat(waiting, " calls wait before it"),
                          gate_->QueueTime(waiting)),
          nullptr);
      return;
  }
}

QueryCall* QueryThreads::TakeWaiting() {
  if (waiting_.load() == 0) return nullptr;
  absl::MutexLock lock(&mu_);
  if (calls_waiting_.empty()) return nullptr;
  QueryCall* call = calls_waiting_.front();
  calls_waiting_.pop_front();
  waiting_.fetch_sub(1);
  return call;
}

void QueryThreads::Begin(QueryCall* call, absl::Time busy_since,
                         absl::Time start, AnswerMemory* memory) {
  // Another thread may have taken the call in since `start`.
  const absl::Duration waited =
      std::max(start - call->arrival, absl::ZeroDuration());
  metrics_->queue_stage.Observe(absl::ToDoubleSeconds(waited));
  if (gate_->Begin(Limits(), start, call->arrival) !=
      AdmissionGate::Verdict::kAdmitted) {
    metrics_->rejected_queue_time.Add();
    answerer_.Finish(
        call,
        OverloadedError("the call waited longer than max_queue_time",
                        gate_->QueueTime(waiting_.load())),
        nullptr);
    return;
  }
  if (start >= call->Deadline()) {
    answerer_.Finish(
        call, absl::DeadlineExceededError("deadline passed before the search"),
        nullptr);
    return;
  }
  // While it is read nobody would poll: not even health would be told.
  if (call->request_bytes.Length() > kMaxQuickBytes) {
    return slow_lanes_->Take(call, Lane::kBatch);
  }
  auto* const request =
      google::protobuf::Arena::CreateMessage<v1::GetNnsRequest>(
          memory->messages());
  const absl::Status parsed = ParseRequest(call->request_bytes, request,
                                           ParseRoom(config_->Get()->limits));
  if (!parsed.ok()) return answerer_.Finish(call, parsed, nullptr);
  const absl::Status allowed =
      access_->CheckIndex(*call->caller, request->index());
  if (!allowed.ok()) return answerer_.Finish(call, allowed, nullptr);
  const Lane lane = LaneOf(*request, *catalog_);
  if (lane == Lane::kQuick) {
    running_.fetch_add(1);
    answerer_.Answer(call, *request, memory);
    running_.fetch_sub(1);
    gate_->End(absl::Now() - busy_since);
    return;
  }
  slow_lanes_->Take(call, lane);
}

}  // namespace annod
