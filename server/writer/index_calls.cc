// The calls of AdminService that make and end indexes.
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/random_name.h"
#include "core/status_macros.h"
#include "server/conversions.h"
#include "server/request_checks.h"
#include "server/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/attach_path.h"

namespace annod {
namespace {

constexpr int kDefaultN = 10;
constexpr int kDefaultTreeCount = 50;

std::string NowRfc3339() {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", absl::Now(),
                          absl::UTCTimeZone());
}

IndexSettings BaseSettings(const std::string& name, int dim, v1::Metric metric,
                           int default_n) {
  IndexSettings settings;
  settings.name = name;
  settings.dim = dim;
  settings.metric = MetricFromProto(metric);
  settings.default_n = default_n == 0 ? kDefaultN : default_n;
  settings.incarnation = RandomName();
  settings.create_time = NowRfc3339();
  return settings;
}

template <typename Response>
grpc::Status Answer(absl::StatusOr<v1::IndexInfo> info, Response* response) {
  if (!info.ok()) return ToGrpcStatus(info.status());
  *response->mutable_info() = *std::move(info);
  return grpc::Status::OK;
}

}  // namespace

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::Create(
    const v1::CreateIndexRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckCreateIndex(request, state_->config()->limits));
  IndexSettings settings = BaseSettings(request.index(), request.dimension(),
                                        request.metric(), request.default_n());
  settings.default_tree_count = request.default_tree_count() == 0
                                    ? kDefaultTreeCount
                                    : request.default_tree_count();
  settings.seed = request.seed() == 0 ? kDefaultSeed : request.seed();
  settings.dot_layout =
      DotLayoutFromProto(request.dot_layout(), LayoutKind::kDot24);
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = state_->Create(settings);
  ANNOD_RETURN_IF_ERROR(index.status());
  return (*index)->Info();
}

grpc::Status AdminServiceImpl::CreateIndex(
    grpc::ServerContext*, const v1::CreateIndexRequest* request,
    v1::CreateIndexResponse* response) {
  return Answer(Create(*request), response);
}

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::AttachFile(
    const v1::AttachRequest& request) {
  const std::shared_ptr<const Config> config = state_->config();
  ANNOD_RETURN_IF_ERROR(CheckAttach(request, config->limits));
  IndexSettings settings = BaseSettings(request.index(), request.dimension(),
                                        request.metric(), request.default_n());
  absl::StatusOr<std::string> path = ResolveAttachPath(request.path(), *config);
  ANNOD_RETURN_IF_ERROR(path.status());
  settings.attached_path = *std::move(path);
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = state_->Create(settings);
  ANNOD_RETURN_IF_ERROR(index.status());
  return (*index)->Info();
}

grpc::Status AdminServiceImpl::Attach(grpc::ServerContext*,
                                      const v1::AttachRequest* request,
                                      v1::AttachResponse* response) {
  return Answer(AttachFile(*request), response);
}

grpc::Status AdminServiceImpl::DropIndex(grpc::ServerContext*,
                                         const v1::DropIndexRequest* request,
                                         v1::DropIndexResponse*) {
  const absl::Status valid = CheckIndexName(request->index());
  return ToGrpcStatus(valid.ok() ? state_->Drop(request->index()) : valid);
}

}  // namespace annod
