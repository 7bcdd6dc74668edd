#include "server/writer/admin_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/random_name.h"
#include "core/status_macros.h"
#include "server/conversions.h"
#include "server/errors.h"
#include "server/request_checks.h"
#include "server/rpc_status.h"
#include "server/writer/attach_path.h"
#include "server/writer/item_batch.h"
#include "xxhash.h"

namespace annod {
namespace {

constexpr int kDefaultN = 10;
constexpr int kDefaultTreeCount = 50;
constexpr int kDefaultChunkBytes = 256 << 10;
constexpr absl::Duration kProgressInterval = absl::Milliseconds(250);
// A stream is made durable piece by piece, so that its end does not wait for
// the disk to take all of it.
constexpr int64_t kFlushBytes = 8 << 20;

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

absl::StatusOr<std::shared_ptr<WriterIndex>> AdminServiceImpl::Find(
    const std::string& name) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(name));
  return state_->indexes()->Find(name);
}

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

absl::StatusOr<std::vector<int32_t>> AdminServiceImpl::Add(
    const v1::AddItemRequest& request) {
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  ANNOD_RETURN_IF_ERROR(
      CheckItemCount(request.items_size(), 1, state_->config()->limits));
  ItemBatch batch;
  ANNOD_RETURN_IF_ERROR(batch.Assign(request.items(), (*index)->settings()));
  absl::StatusOr<std::vector<int32_t>> ids = (*index)->Add(batch.items());
  if (ids.ok()) state_->ItemsAdded(**index, request.items_size());
  return ids;
}

grpc::Status AdminServiceImpl::AddItem(grpc::ServerContext*,
                                       const v1::AddItemRequest* request,
                                       v1::AddItemResponse* response) {
  absl::StatusOr<std::vector<int32_t>> ids = Add(*request);
  if (!ids.ok()) return ToGrpcStatus(ids.status());
  response->mutable_ids()->Add(ids->begin(), ids->end());
  return grpc::Status::OK;
}

absl::Status AdminServiceImpl::AddStream(
    grpc::ServerReader<v1::AddItemsRequest>* reader,
    v1::AddItemsResponse* response) {
  std::shared_ptr<WriterIndex> index;
  v1::AddItemsRequest request;
  ItemBatch batch;
  uint64_t ticket = 0;
  int64_t unflushed_bytes = 0;
  response->set_first_id(-1);
  response->set_last_id(-1);
  while (reader->Read(&request)) {
    if (index == nullptr) {
      absl::StatusOr<std::shared_ptr<WriterIndex>> found =
          Find(request.index());
      ANNOD_RETURN_IF_ERROR(found.status());
      index = *std::move(found);
      ticket = index->flush_ticket();
    } else if (!request.index().empty() && request.index() != index->name()) {
      return FieldError(
          "index", request.index(),
          absl::StrCat("empty or '", index->name(),
                       "', as in the first message of the stream"));
    }
    ANNOD_RETURN_IF_ERROR(
        CheckItemCount(request.items_size(), 0, state_->config()->limits));
    if (request.items().empty()) continue;
    ANNOD_RETURN_IF_ERROR(batch.Assign(request.items(), index->settings()));
    absl::StatusOr<std::vector<int32_t>> ids =
        index->AddWithoutSync(batch.items());
    ANNOD_RETURN_IF_ERROR(ids.status());
    const auto [low, high] = std::minmax_element(ids->begin(), ids->end());
    response->set_first_id(
        response->first_id() < 0 ? *low : std::min(response->first_id(), *low));
    response->set_last_id(std::max(response->last_id(), *high));
    response->set_added_count(response->added_count() + request.items_size());
    unflushed_bytes += static_cast<int64_t>(request.ByteSizeLong());
    if (unflushed_bytes >= kFlushBytes) {
      ANNOD_RETURN_IF_ERROR(index->Flush(ticket));
      unflushed_bytes = 0;
    }
    state_->ItemsAdded(*index, request.items_size());
  }
  if (index == nullptr) return CheckIndexName("");
  return index->Flush(ticket);
}

grpc::Status AdminServiceImpl::AddItems(
    grpc::ServerContext*, grpc::ServerReader<v1::AddItemsRequest>* reader,
    v1::AddItemsResponse* response) {
  return ToGrpcStatus(AddStream(reader, response));
}

absl::Status AdminServiceImpl::RunBuild(
    grpc::ServerContext* context, const v1::BuildRequest& request,
    grpc::ServerWriter<v1::BuildResponse>* writer) {
  ANNOD_RETURN_IF_ERROR(CheckBuild(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  const IndexSettings& settings = (*index)->settings();
  ANNOD_RETURN_IF_ERROR(CheckBuildLayout(request, settings));
  BuildSpec spec;
  spec.tree_count = request.tree_count() == 0 ? settings.default_tree_count
                                              : request.tree_count();
  spec.seed = request.seed() == 0 ? settings.seed : request.seed();
  spec.threads = request.thread_count();
  spec.dot_layout =
      DotLayoutFromProto(request.dot_layout(), settings.dot_layout);
  absl::StatusOr<std::shared_ptr<BuildJob>> job =
      state_->StartBuild(**index, spec);
  ANNOD_RETURN_IF_ERROR(job.status());
  for (bool done = false; !done;) {
    v1::BuildResponse response;
    *response.mutable_progress() = (*job)->Progress();
    // The build goes on when the caller has gone.
    if (!writer->Write(response) || context->IsCancelled()) {
      return absl::CancelledError("the caller left; the build goes on");
    }
    done = (*job)->AwaitChange(response.progress().phase(), kProgressInterval);
  }
  absl::StatusOr<v1::BuildResult> result = (*job)->result();
  ANNOD_RETURN_IF_ERROR(result.status());
  v1::BuildResponse last;
  *last.mutable_progress() = (*job)->Progress();
  *last.mutable_result() = *std::move(result);
  writer->Write(last);
  return absl::OkStatus();
}

grpc::Status AdminServiceImpl::Build(
    grpc::ServerContext* context, const v1::BuildRequest* request,
    grpc::ServerWriter<v1::BuildResponse>* writer) {
  return ToGrpcStatus(RunBuild(context, *request, writer));
}

absl::Status AdminServiceImpl::SendForest(
    const v1::SerializeRequest& request,
    grpc::ServerWriter<v1::SerializeResponse>* writer) {
  ANNOD_RETURN_IF_ERROR(CheckSerialize(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  const std::shared_ptr<const OpenVersion> version = (*index)->current();
  if (version == nullptr) {
    ANNOD_RETURN_IF_ERROR((*index)->failure());
    return ReasonError(absl::StatusCode::kFailedPrecondition, kIndexNotBuilt,
                       absl::StrCat("index '", request.index(),
                                    "' has no version yet; call Build first"),
                       {{"index", request.index()}});
  }
  const absl::Span<const char> bytes = version->forest->bytes();
  const size_t chunk_bytes =
      request.chunk_bytes() == 0 ? kDefaultChunkBytes : request.chunk_bytes();
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> hash(
      XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  v1::SerializeResponse response;
  size_t offset = 0;
  do {
    const absl::Span<const char> chunk = bytes.subspan(offset, chunk_bytes);
    offset += chunk.size();
    XXH3_64bits_update(hash.get(), chunk.data(), chunk.size());
    response.set_version(version->manifest.version);
    response.set_total_bytes(static_cast<int64_t>(bytes.size()));
    response.set_chunk(chunk.data(), chunk.size());
    if (offset == bytes.size()) {
      response.set_xxh3_64(XXH3_64bits_digest(hash.get()));
    }
    if (!writer->Write(response)) {
      return absl::CancelledError("the caller left");
    }
  } while (offset < bytes.size());
  return absl::OkStatus();
}

grpc::Status AdminServiceImpl::Serialize(
    grpc::ServerContext*, const v1::SerializeRequest* request,
    grpc::ServerWriter<v1::SerializeResponse>* writer) {
  return ToGrpcStatus(SendForest(*request, writer));
}

grpc::Status AdminServiceImpl::DropIndex(grpc::ServerContext*,
                                         const v1::DropIndexRequest* request,
                                         v1::DropIndexResponse*) {
  const absl::Status valid = CheckIndexName(request->index());
  return ToGrpcStatus(valid.ok() ? state_->Drop(request->index()) : valid);
}

}  // namespace annod
