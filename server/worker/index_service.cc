#include "server/worker/index_service.h"

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/status_macros.h"
#include "server/errors.h"
#include "server/parse_request.h"
#include "server/request_checks.h"
#include "server/rpc_status.h"

namespace annod {

absl::Status IndexServiceImpl::Describe(const grpc::ByteBuffer& bytes,
                                        std::string* index,
                                        grpc::ByteBuffer* response) const {
  v1::InfoRequest request;
  ANNOD_RETURN_IF_ERROR(ParseRequest(bytes, &request));
  const std::shared_ptr<const IndexView> view = catalog_->Find(request.index());
  if (view == nullptr) {
    ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
    return IndexNotFoundError(request.index());
  }
  *index = request.index();
  v1::InfoResponse info;
  *info.mutable_info() = catalog_->Info(*view);
  SerializeResponse(info, response);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* IndexServiceImpl::Info(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const absl::Time start = absl::Now();
  std::string index;
  const grpc::Status answer =
      ToGrpcStatus(Describe(*request, &index, response));
  metrics_->CallEnded("Info", index, answer.error_code(),
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
