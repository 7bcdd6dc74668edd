#include "server/worker/index_service.h"

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/errors.h"
#include "server/request_checks.h"
#include "server/rpc_status.h"

namespace annod {

grpc::ServerUnaryReactor* IndexServiceImpl::Info(
    grpc::CallbackServerContext* context, const v1::InfoRequest* request,
    v1::InfoResponse* response) {
  const absl::Time start = absl::Now();
  const std::shared_ptr<const IndexView> view =
      catalog_->Find(request->index());
  absl::Status status;
  if (view != nullptr) {
    *response->mutable_info() = catalog_->Info(*view);
  } else {
    status = CheckIndexName(request->index());
    if (status.ok()) status = IndexNotFoundError(request->index());
  }
  const grpc::Status answer = ToGrpcStatus(status);
  metrics_->CallEnded("Info", view == nullptr ? "" : request->index(),
                      answer.error_code(),
                      absl::ToDoubleSeconds(absl::Now() - start));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(answer);
  return reactor;
}

grpc::ServerUnaryReactor* IndexServiceImpl::ListIndexes(
    grpc::CallbackServerContext* context, const v1::ListIndexesRequest*,
    v1::ListIndexesResponse* response) {
  const absl::Time start = absl::Now();
  const std::shared_ptr<const Catalog::Views> views = catalog_->views();
  for (const auto& [name, view] : *views) {
    *response->add_indexes() = catalog_->Info(*view);
  }
  metrics_->CallEnded("ListIndexes", "", grpc::StatusCode::OK,
                      absl::ToDoubleSeconds(absl::Now() - start));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace annod
