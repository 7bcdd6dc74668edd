#include "server/worker/calls/query_threads.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/lane_choice.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

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
constexpr absl::Duration kJoinPoll = absl::Milliseconds(1);

absl::Time DeadlineOf(const grpc::ServerContext& context) {
  const auto deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

}  // namespace

QueryThreads::QueryThreads(IndexServiceImpl* service,
                           const GetNnsHandler* handler, QueryHelpers* helpers,
                           const Catalog* catalog, const LiveConfig* config,
                           WorkerMetrics* metrics)
    : service_(service),
      handler_(handler),
      helpers_(helpers),
      catalog_(catalog),
      config_(config),
      metrics_(metrics) {}

QueryThreads::~QueryThreads() { Join(); }

void QueryThreads::AddQueue(int threads, grpc::ServerBuilder* builder) {
  thread_count_ = threads;
  queue_ = builder->AddCompletionQueue();
}

void QueryThreads::Start() {
  gate_ = std::make_unique<AdmissionGate>(thread_count_);
  // One core at most for scans; batches may have them all while nobody else
  // wants them.
  exact_lane_ = std::make_unique<LaneThreads>(1);
  batch_lane_ = std::make_unique<LaneThreads>(thread_count_);
  for (int i = 0; i < thread_count_ * kAwaitedPerThread; ++i) Await();
  for (int i = 0; i < thread_count_; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

void QueryThreads::Join() {
  if (threads_.empty()) return;
  while (awaited_.load() + active_.load() > 0) absl::SleepFor(kJoinPoll);
  queue_->Shutdown();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  exact_lane_->Join();
  batch_lane_->Join();
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
    if (idle_.load() == 0 && now - last_drain >= interval) {
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

void QueryThreads::Await() {
  QueryCall* call;
  {
    absl::MutexLock lock(&mu_);
    if (free_.empty()) {
      calls_.push_back(std::make_unique<QueryCall>());
      free_.push_back(calls_.back().get());
    }
    call = free_.back();
    free_.pop_back();
  }
  call->is_done = false;
  call->ends = 0;
  call->context.emplace();
  call->writer.emplace(&*call->context);
  call->context->AsyncNotifyWhenDone(&call->done);
  awaited_.fetch_add(1);
  service_->RequestGetNns(&*call->context, &call->request_bytes, &*call->writer,
                          queue_.get(), queue_.get(), &call->arrived);
}

bool QueryThreads::ProcessNext() {
  idle_.fetch_add(1);
  // Who adds a waiting call looks at idle_ after that: one of the two sees the
  // other.
  if (waiting_.load() > 0) {
    idle_.fetch_sub(1);
    return true;
  }
  void* tag;
  bool ok;
  const bool more = queue_->Next(&tag, &ok);
  idle_.fetch_sub(1);
  if (more) Process(static_cast<QueryCall::Tag*>(tag), ok);
  return more;
}

void QueryThreads::Drain() {
  // While another thread is free it takes what comes; taken here, it would wait
  // for this one.
  const gpr_timespec at_once = gpr_time_0(GPR_CLOCK_MONOTONIC);
  int events = 0;
  int empty_looks = 0;
  while (events < kMaxDrained && empty_looks < kEmptyLooks &&
         idle_.load() == 0) {
    void* tag;
    bool ok;
    switch (queue_->AsyncNext(&tag, &ok, at_once)) {
      case grpc::CompletionQueue::GOT_EVENT:
        Process(static_cast<QueryCall::Tag*>(tag), ok);
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

void QueryThreads::Process(QueryCall::Tag* tag, bool ok) {
  QueryCall* call = tag->call;
  switch (tag->event) {
    case QueryCall::Event::kArrived:
      if (ok) {
        active_.fetch_add(1);
        Await();
        Arrived(call);
      }
      // Else the server was shut down. Last: Join() waits for both counts.
      awaited_.fetch_sub(1);
      return;
    case QueryCall::Event::kDone:
      call->is_done.store(true);
      break;
    case QueryCall::Event::kSent:
      break;
  }
  if (call->ends.fetch_add(1) == 1) Recycle(call);
}

AdmissionLimits QueryThreads::Limits() const {
  return LimitsOf(config_->Get()->admission, thread_count_);
}

void QueryThreads::Arrived(QueryCall* call) {
  call->arrival = absl::Now();
  const AdmissionLimits limits = Limits();
  const int waiting = waiting_.load();
  Enter(call, Lane::kQuick);
  switch (gate_->Arrive(limits, call->arrival, waiting, running_.load())) {
    case AdmissionGate::Verdict::kAdmitted: {
      absl::MutexLock lock(&mu_);
      calls_waiting_.push_back(call);
      waiting_.fetch_add(1);
      return;
    }
    case AdmissionGate::Verdict::kTooMany:
      metrics_->rejected_in_flight.Add();
      Finish(call,
             OverloadedError(absl::StrCat("a worker has ", limits.max_in_flight,
                                          " calls in flight (max_in_flight)"),
                             gate_->QueueTime(waiting)),
             nullptr);
      return;
    case AdmissionGate::Verdict::kTooLong:
      metrics_->rejected_queue_time.Add();
      Finish(call,
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
    Finish(call,
           OverloadedError("the call waited longer than max_queue_time",
                           gate_->QueueTime(waiting_.load())),
           nullptr);
    return;
  }
  if (start >= DeadlineOf(*call->context)) {
    Finish(call,
           absl::DeadlineExceededError("deadline passed before the search"),
           nullptr);
    return;
  }
  auto* const request =
      google::protobuf::Arena::CreateMessage<v1::GetNnsRequest>(
          memory->messages());
  const absl::Status parsed = ParseRequest(call->request_bytes, request);
  if (!parsed.ok()) return Finish(call, parsed, nullptr);
  const Lane lane = LaneOf(*request, *catalog_);
  if (lane == Lane::kQuick) {
    running_.fetch_add(1);
    Answer(call, *request, memory);
    running_.fetch_sub(1);
    gate_->End(absl::Now() - busy_since);
    return;
  }
  Leave(call);
  Enter(call, lane);
  const std::shared_ptr<const Config> config = config_->Get();
  const bool exact = lane == Lane::kExact;
  LaneThreads* const threads = exact ? exact_lane_.get() : batch_lane_.get();
  const int max_calls = exact ? config->admission.max_exact_calls
                              : config->admission.max_batch_calls;
  const auto answer = [this, call](AnswerMemory* own) {
    // Parsed again rather than moved: the message lies in another thread's
    // memory.
    auto* const again =
        google::protobuf::Arena::CreateMessage<v1::GetNnsRequest>(
            own->messages());
    const absl::Status parsed = ParseRequest(call->request_bytes, again);
    if (parsed.ok()) {
      Answer(call, *again, own);
    } else {
      Finish(call, parsed, nullptr);
    }
    own->Reset();
  };
  if (threads->TryAdd(answer, max_calls)) return;
  (exact ? metrics_->rejected_exact : metrics_->rejected_batch).Add();
  Finish(call,
         OverloadedError(
             absl::StrCat("a worker has ", max_calls, " ", LaneName(lane),
                          " calls (max_", LaneName(lane), "_calls)"),
             threads->QueueTime()),
         nullptr);
}

void QueryThreads::Enter(QueryCall* call, Lane lane) {
  call->lane = lane;
  metrics_->InFlight(lane).Add(1);
}

void QueryThreads::Leave(QueryCall* call) {
  metrics_->InFlight(call->lane).Add(-1);
}

void QueryThreads::Answer(QueryCall* call, const v1::GetNnsRequest& request,
                          AnswerMemory* memory) {
  const QueryHelpers::Searching searching(helpers_);
  std::shared_ptr<const IndexView> view;
  auto* const response =
      google::protobuf::Arena::CreateMessage<v1::GetNnsResponse>(
          memory->messages());
  const absl::Time start = absl::Now();
  const absl::Status status = handler_->Handle(
      request, DeadlineOf(*call->context),
      [call] { return call->is_done.load(); }, memory->scratch(), &view,
      response);
  if (!status.ok()) return Finish(call, status, view.get());
  const absl::Time searched = absl::Now();
  const absl::Time arrival = call->arrival;
  SerializeResponse(*response, &call->response_bytes);
  Leave(call);
  // The call may be used for another one as soon as it is finished.
  call->writer->Finish(call->response_bytes, grpc::Status::OK, &call->sent);
  const absl::Time end = absl::Now();
  metrics_->search_stage.Observe(absl::ToDoubleSeconds(searched - start));
  metrics_->encode_stage.Observe(absl::ToDoubleSeconds(end - searched));
  view->metrics->get_nns_ok.Observe(absl::ToDoubleSeconds(end - arrival));
}

void QueryThreads::Finish(QueryCall* call, const absl::Status& status,
                          const IndexView* view) {
  const absl::Time arrival = call->arrival;
  Leave(call);
  const grpc::Status answer = ToGrpcStatus(status);
  AddPushback(status, &*call->context);
  call->writer->FinishWithError(answer, &call->sent);
  metrics_->CallEnded("GetNns", view == nullptr ? "" : view->settings.name,
                      answer.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - arrival));
}

void QueryThreads::Recycle(QueryCall* call) {
  call->writer.reset();
  call->context.reset();
  call->request_bytes.Clear();
  call->response_bytes.Clear();
  {
    absl::MutexLock lock(&mu_);
    free_.push_back(call);
  }
  active_.fetch_sub(1);
}

}  // namespace annod
