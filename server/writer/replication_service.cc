#include "server/writer/replication_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/replica/directory_source.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/version_files.h"
#include "server/rpc/errors.h"
#include "server/rpc/field_checks.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/index/storage_reason.h"

namespace annod {
namespace {

constexpr size_t kDefaultFetchBytes = 256 << 10;
constexpr int64_t kDescriptionOnly = -1;

using FetchWriter = grpc::ServerWriter<v1::FetchVersionResponse>;

absl::Status CallerGone() { return absl::CancelledError("the caller is gone"); }

absl::Status VersionGone(const std::string& index, int64_t version,
                         const std::vector<int64_t>& kept) {
  return ReasonError(
      absl::StatusCode::kNotFound, kVersionNotFound,
      absl::StrCat("version is ", version, "; index '", index, "' keeps ",
                   kept.empty() ? "none" : absl::StrJoin(kept, ", ")),
      {{"index", index}, {"version", absl::StrCat(version)}});
}

absl::Status CheckFetch(const v1::FetchVersionRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("version", request.version(), 0, kMaxVersion));
  ANNOD_RETURN_IF_ERROR(CheckRange("offset", request.offset(), 0, INT64_MAX));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("max_bytes", request.max_bytes(), -1, INT64_MAX));
  if (request.chunk_bytes() == 0) return absl::OkStatus();
  return CheckRange("chunk_bytes", request.chunk_bytes(), 1024, 1 << 20);
}

// The number of the version asked for; 0 for an index that serves none.
absl::StatusOr<int64_t> ChooseVersion(const v1::FetchVersionRequest& request,
                                      const WriterIndex& index,
                                      const VersionStore& store) {
  if (request.version() == 0) {
    const std::shared_ptr<const OpenVersion> served = index.current();
    if (served != nullptr) return served->manifest.version;
    if (request.max_bytes() == kDescriptionOnly) return 0;
    return ReasonError(absl::StatusCode::kFailedPrecondition, kIndexNotBuilt,
                       absl::StrCat("index '", request.index(),
                                    "' has no version yet; call Build first"),
                       {{"index", request.index()}});
  }
  const absl::StatusOr<int64_t> newest = store.Newest(*index.settings());
  if (!newest.ok()) return WithStorageReason(newest.status());
  const std::vector<int64_t> kept = KeptVersions(store, *newest);
  if (std::binary_search(kept.begin(), kept.end(), request.version())) {
    return request.version();
  }
  return VersionGone(request.index(), request.version(), kept);
}

}  // namespace

absl::Status ReplicationServiceImpl::SendVersion(
    const v1::FetchVersionRequest& request, FetchWriter* writer) {
  ANNOD_RETURN_IF_ERROR(CheckFetch(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->indexes()->Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  ANNOD_RETURN_IF_ERROR((*index)->failure());
  const std::shared_ptr<const IndexSettings> settings = (*index)->settings();
  if (settings->attached()) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexAttached,
        absl::StrCat("index '", request.index(), "' is the attached file ",
                     settings->attached_path, ", which has no versions"),
        {{"index", request.index()}});
  }
  FileSystem* const fs = state_->data().fs();
  const VersionStore store(fs, state_->data().IndexPath(request.index()));
  absl::StatusOr<int64_t> version = ChooseVersion(request, **index, store);
  ANNOD_RETURN_IF_ERROR(version.status());
  v1::FetchVersionResponse response;
  response.set_version(*version);
  response.set_settings_json(IndexSettingsToJson(*settings));
  if (*version == 0) {
    return writer->Write(response) ? absl::OkStatus() : CallerGone();
  }
  DirectorySource source(fs, state_->data().path());
  absl::StatusOr<std::string> text = fs->ReadFile(
      source.PathOf(request.index(), *version, kManifestFile), kMaxJsonBytes);
  if (absl::IsNotFound(text.status())) {
    return VersionGone(request.index(), *version, {});
  }
  if (!text.ok()) return WithStorageReason(text.status());
  absl::StatusOr<Manifest> manifest = ManifestFromJson(*text);
  if (!manifest.ok()) return WithStorageReason(manifest.status());
  response.set_manifest_json(*std::move(text));
  if (!writer->Write(response)) return CallerGone();
  if (request.max_bytes() == kDescriptionOnly) return absl::OkStatus();

  response.Clear();
  response.set_version(*version);
  const size_t chunk_bytes = request.chunk_bytes() == 0
                                 ? kDefaultFetchBytes
                                 : static_cast<size_t>(request.chunk_bytes());
  const uint64_t max_bytes =
      request.max_bytes() == 0 ? UINT64_MAX : request.max_bytes();
  absl::Status sent = source.Read(
      request.index(), *manifest, request.offset(), max_bytes,
      [&](absl::string_view bytes) {
        while (!bytes.empty()) {
          const absl::string_view chunk = bytes.substr(0, chunk_bytes);
          bytes.remove_prefix(chunk.size());
          response.set_chunk(chunk.data(), chunk.size());
          if (!writer->Write(response)) return CallerGone();
        }
        return absl::OkStatus();
      });
  if (absl::IsNotFound(sent)) {
    return VersionGone(request.index(), *version, {});
  }
  return WithStorageReason(std::move(sent));
}

grpc::Status ReplicationServiceImpl::FetchVersion(
    grpc::ServerContext*, const v1::FetchVersionRequest* request,
    FetchWriter* writer) {
  return ToGrpcStatus(SendVersion(*request, writer));
}

}  // namespace annod
