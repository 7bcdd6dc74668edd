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
#include "server/rpc/rpc_status.h"
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
    ANNOD_RETURN_IF_ERROR(ParseRequest(request, &message));
    ANNOD_RETURN_IF_ERROR(access_->CheckIndex(*caller, message.index()));
    ANNOD_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexView> view,
                           FindView(*catalog_, message.index()));
    index = message.index();
    Response filled;
    ANNOD_RETURN_IF_ERROR(answer(message, *view, &filled));
    SerializeResponse(filled, response);
    return absl::OkStatus();
  };
  const grpc::Status status = ToGrpcStatus(respond());
  metrics_->CallEnded(method, index, status.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - start));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

grpc::ServerUnaryReactor* IndexServiceImpl::GetItems(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerFrom<v1::GetItemsRequest, v1::GetItemsResponse>(
      "GetItems", context, *request, response,
      [this](const v1::GetItemsRequest& message, const IndexView& view,
             v1::GetItemsResponse* filled) {
        return annod::GetItems(
            message, view, config_->Get()->limits.max_message_bytes, filled);
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
    grpc::CallbackServerContext* context, const v1::ListIndexesRequest*,
    v1::ListIndexesResponse* response) {
  const absl::Time start = absl::Now();
  TakeRequestIds(context);
  const auto caller =
      access_->Admit(*context, absl::StrCat(kServicePath, "ListIndexes"));
  if (caller.ok()) {
    const std::shared_ptr<const Catalog::Views> views = catalog_->views();
    for (const auto& [name, view] : *views) {
      if (!(*caller)->MayUse(name)) continue;
      *response->add_indexes() = catalog_->Info(*view);
    }
  }
  const grpc::Status status = ToGrpcStatus(caller.status());
  metrics_->CallEnded("ListIndexes", "", status.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - start));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

}  // namespace annod
