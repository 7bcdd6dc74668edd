#include "server/worker/calls/call_answerer.h"

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/answer_size.h"
#include "server/worker/calls/refusal.h"

namespace annod {

namespace {

EndedQuery Ended(const QueryCall& call, const IndexView* view) {
  EndedQuery query;
  query.method = "GetNns";
  query.context = &*call.context;
  if (view != nullptr) query.index = view->settings.name;
  query.arrival = call.arrival;
  query.deadline = call.Deadline();
  return query;
}

}  // namespace

CallAnswerer::CallAnswerer(const GetNnsHandler* handler, QueryHelpers* helpers,
                           const Catalog* catalog, const LiveConfig* config,
                           UnsentAnswers* unsent, WorkerMetrics* metrics)
    : handler_(handler),
      helpers_(helpers),
      catalog_(catalog),
      config_(config),
      unsent_(unsent),
      metrics_(metrics),
      slow_(config, metrics) {}

void CallAnswerer::Enter(QueryCall* call, Lane lane) {
  call->lane = lane;
  metrics_->InFlight(lane).Add(1);
}

void CallAnswerer::Move(QueryCall* call, Lane lane) {
  Leave(call);
  Enter(call, lane);
}

void CallAnswerer::Leave(const QueryCall* call) {
  metrics_->InFlight(call->lane).Add(-1);
}

void CallAnswerer::Answer(QueryCall* call, const v1::GetNnsRequest& request,
                          AnswerMemory* memory) {
  const int64_t reserved =
      BytesToAnswer(request, *catalog_, config_->Get()->limits);
  if (reserved > 0) {
    const absl::Status room = unsent_->Reserve(reserved);
    if (!room.ok()) return Finish(call, room, nullptr);
  }
  const QueryHelpers::Searching searching(helpers_);
  std::shared_ptr<const IndexView> view;
  auto* const response =
      google::protobuf::Arena::CreateMessage<v1::GetNnsResponse>(
          memory->messages());
  const absl::Time start = absl::Now();
  const absl::Status status = handler_->Handle(
      request, call->Deadline(), [call] { return call->is_done.load(); },
      memory->scratch(), &view, response);
  EndedQuery query = Ended(*call, view.get());
  query.request = &request;
  query.cost = &memory->scratch()->cost;
  query.start = start;
  if (!status.ok()) {
    if (reserved > 0) unsent_->Release(reserved);
    return End(call, query, status);
  }
  const absl::Time searched = absl::Now();
  const absl::Time arrival = call->arrival;
  SerializeResponse(*response, &call->response_bytes);
  const absl::Status held = unsent_->Hold(
      call, static_cast<int64_t>(call->response_bytes.Length()), reserved);
  if (!held.ok()) {
    call->response_bytes.Clear();
    return End(call, query, held);
  }
  const RequestIds ids = TakeRequestIds(&*call->context);
  query.ids = &ids;
  slow_.Note(query, status);
  Leave(call);
  // The call may be used for another one as soon as it is finished.
  call->writer->Finish(call->response_bytes, grpc::Status::OK, &call->sent);
  const absl::Time end = absl::Now();
  metrics_->search_stage.Observe(absl::ToDoubleSeconds(searched - start));
  metrics_->encode_stage.Observe(absl::ToDoubleSeconds(end - searched));
  view->metrics->get_nns_ok.Observe(absl::ToDoubleSeconds(end - arrival));
}

void CallAnswerer::Finish(QueryCall* call, const absl::Status& status,
                          const IndexView* view) {
  End(call, Ended(*call, view), status);
}

void CallAnswerer::End(QueryCall* call, EndedQuery query,
                       const absl::Status& status) {
  const absl::Time arrival = call->arrival;
  const RequestIds ids = TakeRequestIds(&*call->context);
  query.ids = &ids;
  slow_.Note(query, status);
  Leave(call);
  const grpc::Status answer = ToGrpcStatus(status);
  AddPushback(status, &*call->context);
  call->writer->FinishWithError(answer, &call->sent);
  metrics_->CallEnded("GetNns", std::string(query.index), answer.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - arrival));
}

}  // namespace annod
