#include "server/worker/calls/query_streams.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/process/steady_time.h"
#include "server/process/thread_priority.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/answer_size.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

constexpr char kGetNnsStream[] = "/annod.v1.IndexService/GetNnsStream";
constexpr size_t kMaxStreams = 1000;

grpc::Status DrainingStatus() {
  return ToGrpcStatus(DrainingError("go on at another one"));
}

grpc::Status TooManyStatus() {
  return ToGrpcStatus(ReasonError(
      absl::StatusCode::kResourceExhausted, kLimitReached,
      absl::StrCat("at most ", kMaxStreams, " streams at a time in a worker")));
}

grpc::Status QuietStatus() {
  return ToGrpcStatus(ReasonError(absl::StatusCode::kUnavailable, kStreamIdle,
                                  "no request came for long, and other streams "
                                  "need the room; begin again"));
}

}  // namespace

QueryStreams::QueryStreams(const GetNnsHandler* handler, const Catalog* catalog,
                           const LiveConfig* config,
                           const AccessControl* access, QueryHelpers* helpers,
                           UnsentAnswers* unsent, LargeRequests* large,
                           WorkerMetrics* metrics, int threads)
    : handler_(handler),
      catalog_(catalog),
      config_(config),
      access_(access),
      helpers_(helpers),
      unsent_(unsent),
      large_(large),
      metrics_(metrics),
      slow_(config, metrics),
      gate_(threads) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { WorkLoop(); });
  }
}

QueryStreams::~QueryStreams() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
QueryStreams::Begin(grpc::CallbackServerContext* context) {
  const std::shared_ptr<const Config> config = config_->Get();
  auto* stream = new QueryStream(context, this, unsent_,
                                 static_cast<size_t>(config->stream_window),
                                 config->limits.max_message_bytes);
  absl::StatusOr<std::shared_ptr<const Caller>> caller =
      access_->Admit(*context, kGetNnsStream);
  bool draining;
  bool too_many;
  {
    absl::MutexLock lock(&mu_);
    draining = draining_;
    too_many = caller.ok() && !draining_ && !HasRoom();
    streams_[stream].quiet_since = SteadyNow();
  }
  if (!caller.ok()) {
    const grpc::Status refusal = ToGrpcStatus(caller.status());
    metrics_->CallEnded("GetNnsStream", "", refusal.error_code(), 0);
    stream->EndWith(refusal);
  } else if (draining || too_many) {
    stream->EndWith(draining ? DrainingStatus() : TooManyStatus());
  } else {
    stream->SetCaller(*std::move(caller));
    stream->Start();
  }
  return stream;
}

bool QueryStreams::HasRoom() {
  if (streams_.size() - leaving_ < kMaxStreams) return true;
  // Who takes no answers does not leave when told to.
  if (leaving_ >= kMaxStreams) return false;
  const auto rank = [](const auto& entry) {
    const Requests& requests = entry.second;
    return requests.leaves || requests.running > 0 || !requests.waiting.empty()
               ? absl::InfiniteFuture()
               : requests.quiet_since;
  };
  const auto quietest = std::min_element(
      streams_.begin(), streams_.end(),
      [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const absl::Duration patience = config_->Get()->stream_idle_timeout;
  if (rank(*quietest) + patience > SteadyNow()) return false;
  quietest->second.leaves = true;
  ++leaving_;
  quietest->first->EndWith(QuietStatus());
  return true;
}

void QueryStreams::Drain() {
  const grpc::Status status = DrainingStatus();
  absl::MutexLock lock(&mu_);
  draining_ = true;
  for (const auto& [stream, requests] : streams_) stream->EndWith(status);
}

absl::Status QueryStreams::Admit(QueryStream* stream, StreamSlot* slot) {
  const AdmissionLimits limits =
      LimitsOf(config_->Get()->admission, static_cast<int>(threads_.size()));
  absl::MutexLock lock(&mu_);
  Requests& requests = streams_.at(stream);
  const bool busy = requests.running > 0 || !requests.waiting.empty();
  const int waiting = static_cast<int>(turns_.size());
  switch (busy
              ? AdmissionGate::Verdict::kAdmitted
              : gate_.Arrive(limits, slot->arrival, waiting, busy_ - waiting)) {
    case AdmissionGate::Verdict::kAdmitted:
      break;
    case AdmissionGate::Verdict::kTooMany:
      metrics_->rejected_in_flight.Add();
      return OverloadedError(
          absl::StrCat("requests of ", limits.max_in_flight,
                       " streams are in flight in a worker (max_in_flight)"),
          gate_.QueueTime(waiting));
    case AdmissionGate::Verdict::kTooLong:
      metrics_->rejected_queue_time.Add();
      return OverloadedError(absl::StrCat(waiting, " streams wait before it"),
                             gate_.QueueTime(waiting));
  }
  if (!busy) ++busy_;
  if (requests.waiting.empty()) {
    turns_.push_back(stream);
    wake_.Signal();
  }
  requests.waiting.push_back(slot);
  return absl::OkStatus();
}

void QueryStreams::Queue(QueryStream* stream, StreamSlot* slot) {
  active_.fetch_add(1);
  const absl::Status admitted = Admit(stream, slot);
  if (admitted.ok()) return;  // the slot is another thread's by now
  slot->status = admitted;
  Finish({stream, slot}, nullptr);
}

std::optional<QueryStreams::Turn> QueryStreams::NextTurn() {
  absl::MutexLock lock(&mu_);
  while (!stopped_ && turns_.empty()) wake_.Wait(&mu_);
  if (stopped_) return std::nullopt;
  QueryStream* const stream = turns_.front();
  turns_.pop_front();
  Requests& requests = streams_.at(stream);
  StreamSlot* const slot = requests.waiting.front();
  requests.waiting.pop_front();
  ++requests.running;
  if (!requests.waiting.empty()) {
    turns_.push_back(stream);
    wake_.Signal();
  }
  return Turn{stream, slot};
}

void QueryStreams::Ended(QueryStream* stream) {
  absl::MutexLock lock(&mu_);
  const auto ended = streams_.find(stream);
  if (ended->second.leaves) --leaving_;
  streams_.erase(ended);
}

void QueryStreams::WorkLoop() {
  // That of the lane of calls with many queries: single calls come first.
  LowerThreadPriority(kBackgroundPriority);
  AnswerMemory memory;
  while (const std::optional<Turn> turn = NextTurn()) {
    const absl::Time start = absl::Now();
    {
      const absl::StatusOr<LargeRequests::Turn> large = large_->AwaitTurn(
          turn->slot->request, config_->Get()->limits.max_message_bytes,
          turn->stream->deadline(),
          [stream = turn->stream] { return stream->cancelled(); });
      Work(*turn, large.status(), &memory);
      memory.Reset();
    }
    gate_.End(absl::Now() - start);
  }
}

absl::Status QueryStreams::Respond(QueryStream* stream, AnswerMemory* memory,
                                   std::shared_ptr<const IndexView>* view,
                                   StreamSlot* slot,
                                   const v1::GetNnsRequest** asked) {
  if (stream->cancelled()) {
    return CallOver(stream->deadline(), "it was not answered");
  }
  auto* const request =
      google::protobuf::Arena::CreateMessage<v1::GetNnsStreamRequest>(
          memory->messages());
  auto* const response =
      google::protobuf::Arena::CreateMessage<v1::GetNnsStreamResponse>(
          memory->messages());
  const std::shared_ptr<const Config> config = config_->Get();
  ANNOD_RETURN_IF_ERROR(
      ParseRequest(slot->request, request, ParseRoom(config->limits)));
  *asked = &request->request();
  ANNOD_RETURN_IF_ERROR(access_->Recheck(stream->caller(), kGetNnsStream,
                                         request->request().index()));
  const int64_t reserved =
      BytesToAnswer(request->request(), *catalog_, config->limits);
  if (reserved > 0) ANNOD_RETURN_IF_ERROR(unsent_->Reserve(reserved));
  absl::Status handled = handler_->Handle(
      request->request(), stream->deadline(),
      [stream] { return stream->cancelled(); }, memory->scratch(), view,
      response->mutable_response());
  if (!handled.ok()) {
    if (reserved > 0) unsent_->Release(reserved);
    return handled;
  }
  SerializeResponse(*response, &slot->response);
  absl::Status held = stream->HoldAnswer(*slot, reserved);
  if (!held.ok()) slot->response.Clear();
  return held;
}

void QueryStreams::Work(const Turn& turn, const absl::Status& may_read,
                        AnswerMemory* memory) {
  std::shared_ptr<const IndexView> view;
  const absl::Time start = absl::Now();
  const v1::GetNnsRequest* asked = nullptr;
  {
    const QueryHelpers::Searching searching(helpers_);
    metrics_->InFlight(Lane::kBatch).Add(1);
    turn.slot->status =
        may_read.ok() ? Respond(turn.stream, memory, &view, turn.slot, &asked)
                      : may_read;
    metrics_->InFlight(Lane::kBatch).Add(-1);
  }
  NoteIfSlow(turn, start, memory->scratch()->cost, view.get(), asked);
  {
    absl::MutexLock lock(&mu_);
    Requests& requests = streams_.at(turn.stream);
    if (--requests.running == 0 && requests.waiting.empty()) {
      --busy_;
      requests.quiet_since = SteadyNow();
    }
  }
  Finish(turn, view.get());
}

void QueryStreams::NoteIfSlow(const Turn& turn, absl::Time start,
                              const CallCost& cost, const IndexView* view,
                              const v1::GetNnsRequest* request) {
  EndedQuery query;
  query.method = "GetNnsStream";
  query.ids = &turn.stream->ids();
  query.caller = turn.stream->caller_name();
  query.peer = turn.stream->caller_address();
  query.request = request;
  if (view != nullptr) {
    query.index = view->settings.name;
    query.cost = &cost;
  }
  query.arrival = turn.slot->arrival;
  query.start = start;
  query.deadline = turn.stream->deadline();
  slow_.Note(query, turn.slot->status);
}

void QueryStreams::Finish(const Turn& turn, const IndexView* view) {
  const absl::Status& status = turn.slot->status;
  const double seconds =
      absl::ToDoubleSeconds(absl::Now() - turn.slot->arrival);
  if (status.ok()) {
    view->metrics->get_nns_stream_ok.Observe(seconds);
  } else {
    metrics_->CallEnded(
        "GetNnsStream", view == nullptr ? "" : view->settings.name,
        static_cast<grpc::StatusCode>(status.raw_code()), seconds);
  }
  turn.stream->Answered(turn.slot);
}

}  // namespace annod
