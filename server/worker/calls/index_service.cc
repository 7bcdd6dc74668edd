#include "server/worker/calls/index_service.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/status_macros.h"
#include "server/audit/request_ids.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/request_checks.h"
#include "server/worker/calls/answer_size.h"
#include "server/worker/calls/counted_answer.h"
#include "server/worker/query/item_reads.h"

namespace annod {
namespace {

constexpr char kServicePath[] = "/annod.v1.IndexService/";
// Bytes of a request, and indexes of a list, that are answered at once on the
// thread that took the call; more go to LongReads.
constexpr size_t kShortRequest = 256;
constexpr size_t kFewIndexes = 64;

// The view that a request asks; INDEX_NOT_FOUND.
absl::StatusOr<std::shared_ptr<const IndexView>> FindView(
    const Catalog& catalog, const std::string& index) {
  std::shared_ptr<const IndexView> view = catalog.Find(index);
  if (view != nullptr) return view;
  ANNOD_RETURN_IF_ERROR(CheckIndexName(index));
  return IndexNotFoundError(index);
}

}  // namespace

template <typename AnswerFunction>
grpc::ServerUnaryReactor* IndexServiceImpl::Respond(
    const char* method, grpc::CallbackServerContext* context,
    grpc::ByteBuffer* response, bool takes_long, AnswerFunction answer) {
  const absl::Time start = absl::Now();
  TakeRequestIds(context);
  auto* const reactor = new CountedAnswer(context, unsent_);
  const auto end = [=](const absl::Status& status, const std::string& index) {
    const grpc::Status told = reactor->End(status, response);
    metrics_->CallEnded(method, index, told.error_code(),
                        absl::ToDoubleSeconds(absl::Now() - start));
  };
  const absl::StatusOr<std::shared_ptr<const Caller>> caller =
      access_->Admit(*context, absl::StrCat(kServicePath, method));
  if (!caller.ok()) {
    end(caller.status(), "");
    return reactor;
  }
  const auto respond = [=, caller = *caller] {
    std::string index;
    const absl::Status status = answer(*caller, &index);
    end(status, index);
  };
  if (!takes_long) {
    respond();
    return reactor;
  }
  const absl::Status added = long_reads_.Add([=] {
    if (context->IsCancelled()) {
      end(CallOver(CallDeadline(*context), "it was not answered"), "");
    } else {
      respond();
    }
  });
  if (!added.ok()) end(added, "");
  return reactor;
}

template <typename Request, typename Response, typename AnswerFunction>
grpc::ServerUnaryReactor* IndexServiceImpl::AnswerFrom(
    const char* method, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
    AnswerFunction answer) {
  return Respond(
      method, context, response, request->Length() > kShortRequest,
      [=](const Caller& caller, std::string* index) -> absl::Status {
        const Limits limits = config_->Get()->limits;
        ANNOD_ASSIGN_OR_RETURN(
            const LargeRequests::Turn turn,
            large_->AwaitTurn(*request, limits.max_message_bytes,
                              CallDeadline(*context),
                              [=] { return context->IsCancelled(); }));
        Request message;
        ANNOD_RETURN_IF_ERROR(
            ParseRequest(*request, &message, ParseRoom(limits)));
        ANNOD_RETURN_IF_ERROR(access_->CheckIndex(caller, message.index()));
        ANNOD_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexView> view,
                               FindView(*catalog_, message.index()));
        *index = message.index();
        Response filled;
        ANNOD_RETURN_IF_ERROR(answer(message, *view, &filled));
        SerializeResponse(filled, response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* IndexServiceImpl::GetItems(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerFrom<v1::GetItemsRequest, v1::GetItemsResponse>(
      "GetItems", context, request, response,
      [this](const v1::GetItemsRequest& message, const IndexView& view,
             v1::GetItemsResponse* filled) -> absl::Status {
        const std::shared_ptr<const Config> config = config_->Get();
        const int64_t reserved = BytesToAnswer(message, view, config->limits);
        if (reserved > 0) ANNOD_RETURN_IF_ERROR(unsent_->Reserve(reserved));
        absl::Status got = annod::GetItems(
            message, view, config->limits.max_message_bytes, filled);
        if (reserved > 0) unsent_->Release(reserved);
        return got;
      });
}

grpc::ServerUnaryReactor* IndexServiceImpl::GetDistance(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerFrom<v1::GetDistanceRequest, v1::GetDistanceResponse>(
      "GetDistance", context, request, response, annod::GetDistance);
}

grpc::ServerUnaryReactor* IndexServiceImpl::Info(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerFrom<v1::InfoRequest, v1::InfoResponse>(
      "Info", context, request, response,
      [this](const v1::InfoRequest&, const IndexView& view,
             v1::InfoResponse* filled) {
        *filled->mutable_info() = catalog_->Info(view);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* IndexServiceImpl::ListIndexes(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const std::shared_ptr<const Catalog::Views> views = catalog_->views();
  return Respond("ListIndexes", context, response, views->size() > kFewIndexes,
                 [=](const Caller& caller, std::string*) -> absl::Status {
                   v1::ListIndexesRequest message;
                   ANNOD_RETURN_IF_ERROR(ParseSmallRequest(*request, &message));
                   v1::ListIndexesResponse filled;
                   for (const auto& [name, view] : *views) {
                     if (!caller.MayUse(name)) continue;
                     *filled.add_indexes() = catalog_->Info(*view);
                   }
                   SerializeResponse(filled, response);
                   return absl::OkStatus();
                 });
}

}  // namespace annod
