// The calls of AdminService that carry a whole index.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/errors.h"
#include "server/request_checks.h"
#include "server/rpc_status.h"
#include "server/writer/admin_service.h"
#include "xxhash.h"

namespace annod {
namespace {

constexpr int kDefaultChunkBytes = 256 << 10;

}  // namespace

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

}  // namespace annod
