#include "server/writer/follow/remote_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

constexpr size_t kMaxCredentialBytes = 1 << 20;
constexpr size_t kMaxPrintedErrorBytes = 512;
constexpr absl::Duration kListTimeout = absl::Seconds(10);
// What came of a piece until then is kept.
constexpr absl::Duration kReadTimeout = absl::Seconds(30);
constexpr int kKeepaliveMs = 20000;
constexpr int kKeepaliveTimeoutMs = 10000;
constexpr int kMaxReconnectMs = 5000;
constexpr int kMaxFetchMessageBytes = 16 << 20;  // two JSON files and a chunk

absl::StatusOr<std::string> ReadCredential(const std::string& path) {
  if (path.empty()) return std::string();
  return FileSystem::Posix()->ReadFile(path, kMaxCredentialBytes);
}

// gRPC ends the program for metadata that it does not take.
absl::StatusOr<std::string> ReadToken(const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(const std::string text, ReadCredential(path));
  std::string token(absl::StripAsciiWhitespace(text));
  if (std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return token;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", path, "' holds more than one token, or bytes that no token has"));
}

// The answer of another server, which may hold anything, is made printable.
absl::Status FromGrpc(const std::string& target, const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(
      static_cast<absl::StatusCode>(status.error_code()),
      absl::StrCat(target, ": ",
                   Printable(status.error_message(), kMaxPrintedErrorBytes)));
}

}  // namespace

RemoteSource::RemoteSource(const Config& config, FollowSource source)
    : config_(config), source_(std::move(source)) {}

absl::Status RemoteSource::Connect() {
  if (channel_ != nullptr) return absl::OkStatus();
  std::shared_ptr<grpc::ChannelCredentials> credentials =
      grpc::InsecureChannelCredentials();
  if (source_.tls) {
    grpc::SslCredentialsOptions pem;
    ANNOD_ASSIGN_OR_RETURN(pem.pem_root_certs,
                           ReadCredential(config_.follow_tls_roots));
    ANNOD_ASSIGN_OR_RETURN(pem.pem_cert_chain,
                           ReadCredential(config_.follow_tls_certificate));
    ANNOD_ASSIGN_OR_RETURN(pem.pem_private_key,
                           ReadCredential(config_.follow_tls_key));
    credentials = grpc::SslCredentials(pem);
  }
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetMaxReceiveMessageSize(
      static_cast<int>(config_.limits.max_message_bytes));
  channel_ = grpc::CreateCustomChannel(source_.target, credentials, args);
  return absl::OkStatus();
}

absl::Status RemoteSource::Call(
    absl::Duration timeout,
    const std::function<grpc::Status(grpc::ClientContext* context)>& call) {
  ANNOD_RETURN_IF_ERROR(Connect());
  ANNOD_ASSIGN_OR_RETURN(const std::string token,
                         ReadToken(config_.follow_token_file));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  if (!token.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }
  {
    absl::MutexLock lock(&mu_);
    if (stopped_) return absl::CancelledError("the process is shutting down");
    context_ = &context;
  }
  absl::Status status = FromGrpc(source_.target, call(&context));
  absl::MutexLock lock(&mu_);
  context_ = nullptr;
  return status;
}

void RemoteSource::Stop() {
  absl::MutexLock lock(&mu_);
  stopped_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

absl::StatusOr<std::vector<SourceIndex>> RemoteSource::List() {
  v1::ListIndexesResponse response;
  const absl::Status listed =
      Call(kListTimeout, [&](grpc::ClientContext* context) {
        return v1::IndexService::NewStub(channel_)->ListIndexes(
            context, v1::ListIndexesRequest(), &response);
      });
  if (!listed.ok()) channel_ = nullptr;
  ANNOD_RETURN_IF_ERROR(listed);
  std::vector<SourceIndex> indexes;
  for (const v1::IndexInfo& info : response.indexes()) {
    if (!info.attached_path().empty() || info.lease_seconds() > 0) continue;
    SourceIndex index;
    index.name = info.index();
    index.version = info.version();
    if (info.state() == v1::INDEX_STATE_SERVING ||
        info.state() == v1::INDEX_STATE_EMPTY) {
      index.revision = info.revision();
    }
    indexes.push_back(std::move(index));
  }
  return indexes;
}

absl::Status RemoteSource::Fetch(const v1::FetchVersionRequest& request,
                                 absl::Duration timeout, const Take& take) {
  absl::Status taken;
  absl::Status called = Call(timeout, [&](grpc::ClientContext* context) {
    const auto reader = v1::ReplicationService::NewStub(channel_)->FetchVersion(
        context, request);
    v1::FetchVersionResponse message;
    while (taken.ok() && reader->Read(&message)) {
      const size_t bytes = message.ByteSizeLong();
      taken = bytes > kMaxFetchMessageBytes
                  ? absl::DataLossError(
                        absl::StrCat("the source sends a piece of ", bytes,
                                     " bytes; limit ", kMaxFetchMessageBytes))
                  : take(&message);
      if (!taken.ok()) context->TryCancel();
    }
    return reader->Finish();
  });
  ANNOD_RETURN_IF_ERROR(taken);
  // A piece that takes long is gone on with where it ended.
  if (absl::IsDeadlineExceeded(called)) {
    return absl::UnavailableError(called.message());
  }
  return called;
}

absl::StatusOr<SourceVersion> RemoteSource::Describe(const std::string& index) {
  v1::FetchVersionRequest request;
  request.set_index(index);
  request.set_max_bytes(-1);
  std::string settings_json;
  SourceVersion found;
  bool is_first = true;
  ANNOD_RETURN_IF_ERROR(
      Fetch(request, kReadTimeout, [&](v1::FetchVersionResponse* message) {
        if (!is_first) {
          return absl::DataLossError(
              "the source sends more than the one message that describes a "
              "version");
        }
        is_first = false;
        settings_json = std::move(*message->mutable_settings_json());
        found.manifest_json = std::move(*message->mutable_manifest_json());
        found.has_version = message->version() > 0;
        return absl::OkStatus();
      }));
  for (const auto& [name, text] :
       {std::pair("settings", &settings_json),
        std::pair("a manifest", &found.manifest_json)}) {
    if (text->size() > kMaxJsonBytes) {
      return absl::DataLossError(absl::StrCat("the source sends ", name, " of ",
                                              text->size(), " bytes; limit ",
                                              kMaxJsonBytes));
    }
  }
  ANNOD_ASSIGN_OR_RETURN(found.settings, IndexSettingsFromJson(settings_json));
  if (found.has_version) {
    ANNOD_ASSIGN_OR_RETURN(found.manifest,
                           ManifestFromJson(found.manifest_json));
  }
  return found;
}

absl::Status RemoteSource::Read(const std::string& index,
                                const Manifest& version, uint64_t offset,
                                uint64_t max_bytes, const Sink& sink) {
  v1::FetchVersionRequest request;
  request.set_index(index);
  request.set_version(version.version);
  request.set_offset(static_cast<int64_t>(offset));
  request.set_max_bytes(static_cast<int64_t>(max_bytes));
  request.set_chunk_bytes(1 << 20);
  bool is_first = true;
  return Fetch(request, kReadTimeout, [&](v1::FetchVersionResponse* message) {
    if (is_first) {
      is_first = false;  // describes the version; the files have checksums
      return absl::OkStatus();
    }
    // Else a stream without end would cost nothing.
    if (message->chunk().empty()) {
      return absl::DataLossError("the source sends an empty piece");
    }
    return sink(message->chunk());
  });
}

}  // namespace annod
