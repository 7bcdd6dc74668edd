#include "server/worker/calls/slow_lanes.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/parse_request.h"
#include "server/worker/calls/refusal.h"

namespace annod {

// One core at most for scans; batches may have them all while nobody else wants
// them.
SlowLanes::SlowLanes(int threads, CallAnswerer* answerer,
                     const LiveConfig* config, const AccessControl* access,
                     LargeRequests* large, WorkerMetrics* metrics)
    : answerer_(answerer),
      config_(config),
      access_(access),
      large_(large),
      metrics_(metrics),
      exact_(1),
      batch_(threads) {}

void SlowLanes::Take(QueryCall* call, Lane lane) {
  answerer_->Move(call, lane);
  const std::shared_ptr<const Config> config = config_->Get();
  const bool exact = lane == Lane::kExact;
  LaneThreads* const threads = exact ? &exact_ : &batch_;
  const int max_calls = exact ? config->admission.max_exact_calls
                              : config->admission.max_batch_calls;
  const auto answer = [this, call](AnswerMemory* memory) {
    Answer(call, memory);
  };
  if (threads->TryAdd(answer, max_calls)) return;
  (exact ? metrics_->rejected_exact : metrics_->rejected_batch).Add();
  answerer_->Finish(
      call,
      OverloadedError(
          absl::StrCat("a worker has ", max_calls, " ", LaneName(lane),
                       " calls (max_", LaneName(lane), "_calls)"),
          threads->QueueTime()),
      nullptr);
}

void SlowLanes::Answer(QueryCall* call, AnswerMemory* memory) {
  const Limits limits = config_->Get()->limits;
  const absl::StatusOr<LargeRequests::Turn> turn = large_->AwaitTurn(
      call->request_bytes, limits.max_message_bytes, call->Deadline(),
      [call] { return call->is_done.load(); });
  if (!turn.ok()) return answerer_->Finish(call, turn.status(), nullptr);
  if (call->is_done.load()) {
    return answerer_->Finish(
        call, CallOver(call->Deadline(), "it was not answered"), nullptr);
  }
  // Parsed again, if it was, rather than moved: the message lies in another
  // thread's memory.
  auto* const request =
      google::protobuf::Arena::CreateMessage<v1::GetNnsRequest>(
          memory->messages());
  absl::Status status =
      ParseRequest(call->request_bytes, request, ParseRoom(limits));
  call->request_bytes.Clear();  // leaves room for others'
  if (status.ok()) {
    status = access_->CheckIndex(*call->caller, request->index());
  }
  if (status.ok()) {
    answerer_->Answer(call, *request, memory);
  } else {
    answerer_->Finish(call, status, nullptr);
  }
  memory->Reset();
}

void SlowLanes::Join() {
  exact_.Join();
  batch_.Join();
}

}  // namespace annod
