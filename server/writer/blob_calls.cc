// The calls of AdminService that carry a whole index.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/annoy/file_header.h"
#include "core/formats/canonical_blob.h"
#include "core/formats/forest_vectors.h"
#include "core/formats/native_blob.h"
#include "core/formats/portable_blob.h"
#include "core/publish/overlay_source.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/blob_stream.h"
#include "server/writer/deserialize_call.h"
#include "server/writer/index/storage_reason.h"

namespace annod {
namespace {

constexpr int kDefaultChunkBytes = 256 << 10;

using ResponseWriter = grpc::ServerWriter<v1::SerializeResponse>;

size_t ChunkBytes(const v1::SerializeRequest& request) {
  return request.chunk_bytes() == 0 ? kDefaultChunkBytes
                                    : request.chunk_bytes();
}

// The forest again, as its nodes; the version must outlive it.
absl::StatusOr<ForestData> NodesOf(const ForestIndex& forest) {
  absl::Span<const char> nodes = forest.bytes();
  if (HasFileHeader(nodes)) nodes.remove_prefix(kFileHeaderBytes);
  return FindRoots(nodes, forest.layout());
}

absl::Status SendFile(const v1::SerializeRequest& request,
                      const OpenVersion& version, ResponseWriter* writer) {
  const absl::Span<const char> bytes = version.forest->bytes();
  ChunkWriter chunks(writer, version.manifest.version, bytes.size(),
                     ChunkBytes(request));
  ANNOD_RETURN_IF_ERROR(
      chunks.Write(absl::string_view(bytes.data(), bytes.size())));
  return chunks.Finish();
}

absl::Status SendBlob(const v1::SerializeRequest& request,
                      const OpenVersion& version, ResponseWriter* writer) {
  const LayoutKind kind = version.forest->layout().kind;
  if (!IsBlobLayout(kind)) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kInvalidField,
        absl::StrCat("format is ", v1::SerializeFormat_Name(request.format()),
                     "; index '", request.index(), "' has layout ",
                     LayoutName(kind),
                     ", which no reader of blobs knows: "
                     "build it with another layout, or ask for the native "
                     "file or the canonical blob"),
        {{"field", "format"},
         {"value", v1::SerializeFormat_Name(request.format())}});
  }
  absl::StatusOr<ForestData> forest = NodesOf(*version.forest);
  if (!forest.ok()) return WithStorageReason(forest.status());
  const bool portable = request.format() == v1::SERIALIZE_FORMAT_PORTABLE;
  ChunkWriter chunks(
      writer, version.manifest.version,
      portable ? PortableBlobBytes(*forest) : NativeBlobBytes(*forest),
      ChunkBytes(request));
  const ByteSink sink = [&chunks](absl::string_view bytes) {
    return chunks.Write(bytes);
  };
  ANNOD_RETURN_IF_ERROR(portable ? WritePortableBlob(*forest, sink)
                                 : WriteNativeBlob(*forest, sink));
  return chunks.Finish();
}

absl::Status SendRows(const v1::SerializeRequest& request,
                      const CanonicalHeader& header, const VectorSource& source,
                      int64_t item_count, int64_t version,
                      ResponseWriter* writer) {
  ChunkWriter chunks(writer, version, CanonicalBlobBytes(header),
                     ChunkBytes(request));
  const absl::Status status = WriteCanonicalBlob(
      header, source, item_count, request.fill_holes(),
      [&chunks](absl::string_view bytes) { return chunks.Write(bytes); });
  if (absl::IsFailedPrecondition(status)) {
    return WithReason(status, kHoles, {{"index", request.index()}});
  }
  ANNOD_RETURN_IF_ERROR(status);
  return chunks.Finish();
}

absl::Status SendCanonical(const v1::SerializeRequest& request,
                           const OpenVersion& version, ResponseWriter* writer) {
  absl::StatusOr<ForestData> forest = NodesOf(*version.forest);
  if (!forest.ok()) return WithStorageReason(forest.status());
  CanonicalHeader header;
  header.metric = version.forest->metric();
  header.dim = version.forest->dim();
  header.slot_count = version.forest->slot_count();
  header.tree_count = version.forest->tree_count();
  if (version.manifest.seed != 0) header.seed = version.manifest.seed;
  return SendRows(request, header, ForestVectors(&*forest),
                  version.forest->item_count(), version.manifest.version,
                  writer);
}

// Of an index that has no version to serve: its items.
absl::Status SendUnbuilt(const v1::SerializeRequest& request,
                         WriterIndex* index, ResponseWriter* writer) {
  absl::StatusOr<WriterIndex::Frozen> frozen = index->Freeze();
  ANNOD_RETURN_IF_ERROR(frozen.status());
  std::vector<const ItemLayer*> layers;
  if (frozen->staged != nullptr) layers.push_back(frozen->staged.get());
  const OverlaySource source(frozen->base.get(), layers);
  CanonicalHeader header;
  const std::shared_ptr<const IndexSettings> settings = index->settings();
  header.metric = settings->metric;
  header.dim = settings->dim;
  header.slot_count = source.slot_count();
  header.seed = settings->seed;
  const int64_t item_count = source.CountItems();
  if (item_count == 0) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexEmpty,
        absl::StrCat("index '", request.index(), "' has no items to serialize"),
        {{"index", request.index()}});
  }
  return SendRows(request, header, source, item_count, 0, writer);
}

}  // namespace

absl::Status AdminServiceImpl::SendForest(const v1::SerializeRequest& request,
                                          ResponseWriter* writer) {
  ANNOD_RETURN_IF_ERROR(CheckSerialize(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  const std::shared_ptr<const OpenVersion> version = (*index)->current();
  const bool canonical = request.format() == v1::SERIALIZE_FORMAT_CANONICAL;
  if (version == nullptr) {
    ANNOD_RETURN_IF_ERROR((*index)->failure());
    if (canonical) return SendUnbuilt(request, index->get(), writer);
    return ReasonError(absl::StatusCode::kFailedPrecondition, kIndexNotBuilt,
                       absl::StrCat("index '", request.index(),
                                    "' has no version yet; call Build first"),
                       {{"index", request.index()}});
  }
  if (canonical) return SendCanonical(request, *version, writer);
  if (request.format() == v1::SERIALIZE_FORMAT_NATIVE_BLOB ||
      request.format() == v1::SERIALIZE_FORMAT_PORTABLE) {
    return SendBlob(request, *version, writer);
  }
  return SendFile(request, *version, writer);
}

grpc::Status AdminServiceImpl::Serialize(grpc::ServerContext*,
                                         const v1::SerializeRequest* request,
                                         ResponseWriter* writer) {
  return ToGrpcStatus(SendForest(*request, writer));
}

grpc::Status AdminServiceImpl::Deserialize(
    grpc::ServerContext* context,
    grpc::ServerReader<v1::DeserializeRequest>* reader,
    v1::DeserializeResponse* response) {
  return ToGrpcStatus(DeserializeCall(state_, context).Run(reader, response));
}

}  // namespace annod
