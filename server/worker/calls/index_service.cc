#include "server/worker/calls/index_service.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/status_macros.h"
#include "server/audit/request_ids.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/request_checks.h"
#include "server/worker/calls/answer_size.h"
#include "server/worker/calls/counted_answer.h"
#include "server/worker/query/item_reads.h"

namespace annod {
namespace {

constexpr char kServicePath[] = "/annod.v1.IndexService/";

// The view that a request asks; INDEX_NOT_FOUND.
absl::StatusOr<std::shared_ptr<const IndexView>> FindView(
    const Catalog& catalog, const std::string& index) {
  std::shared_ptr<const IndexView> view = catalog.Find(index);
  if (view != nullptr) return view;
  ANNOD_RETURN_IF_ERROR(CheckIndexName(index));
  return IndexNotFoundError(index);
}

}  // namespace

template <typename Request, typename Response, typename AnswerFunction>
grpc::ServerUnaryReactor* IndexServiceImpl::AnswerFrom(
    const char* method, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer& request, grpc::ByteBuffer* response,
    AnswerFunction answer) const {
  const absl::Time start = absl::Now();
  TakeRequestIds(context);
  std::string index;
  const auto respond = [&]() -> absl::Status {
    ANNOD_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Caller> caller,
        access_->Admit(*context, absl::StrCat(kServicePath, method)));
    Request message;
    ANNOD_RETURN_IF_ERROR(
        ParseRequest(request, &message, ParseRoom(config_->Get()->limits)));
    ANNOD_RETURN_IF_ERROR(access_->CheckIndex(*caller, message.index()));
    ANNOD_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexView> view,
                           FindView(*catalog_, message.index()));
    index = message.index();
    Response filled;
    ANNOD_RETURN_IF_ERROR(answer(message, *view, &filled));
    SerializeResponse(filled, response);
    return absl::OkStatus();
  };
  auto* const reactor = new CountedAnswer(context, unsent_);
  const grpc::Status status = reactor->End(respond(), response);
  metrics_->CallEnded(method, index, status.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - start));
  return reactor;
}

grpc::ServerUnaryReactor* IndexServiceImpl::GetItems(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerFrom<v1::GetItemsRequest, v1::GetItemsResponse>(
      "GetItems", context, *request, response,
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
      "GetDistance", context, *request, response, annod::GetDistance);
}

grpc::ServerUnaryReactor* IndexServiceImpl::Info(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerFrom<v1::InfoRequest, v1::InfoResponse>(
      "Info", context, *request, response,
      [this](const v1::InfoRequest&, const IndexView& view,
             v1::InfoResponse* filled) {
        *filled->mutable_info() = catalog_->Info(view);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* IndexServiceImpl::ListIndexes(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const absl::Time start = absl::Now();
  TakeRequestIds(context);
  const auto list = [&]() -> absl::Status {
    ANNOD_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Caller> caller,
        access_->Admit(*context, absl::StrCat(kServicePath, "ListIndexes")));
    v1::ListIndexesRequest message;
    ANNOD_RETURN_IF_ERROR(ParseSmallRequest(*request, &message));
    v1::ListIndexesResponse filled;
    const std::shared_ptr<const Catalog::Views> views = catalog_->views();
    for (const auto& [name, view] : *views) {
      if (!caller->MayUse(name)) continue;
      *filled.add_indexes() = catalog_->Info(*view);
    }
    SerializeResponse(filled, response);
    return absl::OkStatus();
  };
  auto* const reactor = new CountedAnswer(context, unsent_);
  const grpc::Status status = reactor->End(list(), response);
  metrics_->CallEnded("ListIndexes", "", status.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - start));
  return reactor;
}

}  // namespace annod
