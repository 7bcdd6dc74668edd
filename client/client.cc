#include "client/client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "client/convert.h"
#include "client/stubs.h"
#include "client/token_source.h"
#include "core/status_macros.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace annod {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;
constexpr absl::Duration kDiagnosisTime = absl::Milliseconds(700);
// What a GetNns takes.
constexpr int kMaxQueries = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(
    const ClientOptions& options) {
  if (options.target.empty()) {
    return absl::InvalidArgumentError("ClientOptions::target is empty");
  }
  if (options.timeout <= absl::ZeroDuration() ||
      options.stream_timeout <= absl::ZeroDuration() ||
      options.retry_window < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ClientOptions: timeout ", absl::FormatDuration(options.timeout),
        ", stream_timeout ", absl::FormatDuration(options.stream_timeout),
        " and retry_window ", absl::FormatDuration(options.retry_window),
        " must be positive, the last may be zero"));
  }
  if (options.max_message_bytes < 1024) {
    return absl::InvalidArgumentError(
        absl::StrCat("ClientOptions::max_message_bytes ",
                     options.max_message_bytes, " is below 1024"));
  }
  if (options.coalesce < 0 || options.coalesce > kMaxQueries ||
      options.coalesce_window < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ClientOptions: coalesce ", options.coalesce, " must be 0 to ",
        kMaxQueries, " queries, coalesce_window ",
        absl::FormatDuration(options.coalesce_window), " not negative"));
  }
  ANNOD_RETURN_IF_ERROR(client::CheckTokenOptions(options));
  if (options.request_id.size() > kMaxRequestIdBytes ||
      !std::all_of(options.request_id.begin(), options.request_id.end(),
                   [](char c) { return c > ' ' && c <= '~'; })) {
    return absl::InvalidArgumentError(
        "ClientOptions::request_id must be at most 128 bytes of printable "
        "ASCII, without spaces");
  }
  ClientOptions complete = options;
  if (options.tls.has_value() && options.credentials == nullptr) {
    ANNOD_ASSIGN_OR_RETURN(complete.credentials,
                           MakeTlsCredentials(*options.tls));
  }
  return std::unique_ptr<Client>(new Client(complete));
}

Client::Client(const ClientOptions& options)
    : options_(options), stubs_(std::make_unique<Stubs>(MakeChannel(options))) {
  if (options.coalesce == 0) return;
  stubs_->coalescer = std::make_unique<client::QueryCoalescer>(
      options.coalesce, options.coalesce_window,
      [stub = stubs_->index.get()](const v1::GetNnsRequest& request,
                                   absl::Time deadline,
                                   v1::GetNnsResponse* response) {
        grpc::ClientContext context;
        context.set_deadline(absl::ToChronoTime(deadline));
        return FromGrpcStatus(stub->GetNns(&context, request, response),
                              context);
      });
}

Client::~Client() = default;

absl::Time Client::StreamDeadline(const CallOptions& call) const {
  return absl::Now() + call.timeout.value_or(options_.stream_timeout);
}

absl::Status Client::WaitForConnected(absl::Duration patience) {
  if (stubs_->channel->WaitForConnected(
          absl::ToChronoTime(absl::Now() + patience))) {
    return absl::OkStatus();
  }
  // A channel does not tell why it is not connected; a call does.
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDiagnosisTime));
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = stubs_->health->Check(
      &context, grpc::health::v1::HealthCheckRequest(), &response);
  // Any other answer is one of a server.
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return absl::UnavailableError("no connection in time");
  }
  return status.error_code() == grpc::StatusCode::UNAVAILABLE
             ? absl::UnavailableError(status.error_message())
             : absl::OkStatus();
}

absl::StatusOr<client::QueryResult> Client::GetNns(
    absl::string_view index, absl::Span<const client::Query> queries,
    const client::QueryOptions& options, const CallOptions& call) {
  v1::GetNnsRequest request;
  client::ToProto(index, queries, options, &request);
  v1::GetNnsResponse response;
  CallOptions rest = call;
  if (stubs_->coalescer != nullptr) {
    const absl::Time deadline =
        absl::Now() + call.timeout.value_or(options_.timeout);
    client::RetryPause pause(stubs_->channel, deadline, options_.retry_window);
    while (const std::optional<absl::Status> asked =
               stubs_->coalescer->Ask(&request, deadline, &response)) {
      if (asked->ok()) return client::FromProto(response, queries.size());
      if (!pause.Wait(*asked)) return *asked;
      response.Clear();
    }
    response.Clear();
    rest.timeout = deadline - absl::Now();
  }
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetNns, request,
                             &response, /*idempotent=*/true, rest));
  return client::FromProto(response, queries.size());
}

std::unique_ptr<NnsStream> Client::NewNnsStream(
    absl::string_view index, const client::QueryOptions& query,
    const NnsStream::Sink& sink, const NnsStreamOptions& options,
    const CallOptions& call) {
  return std::unique_ptr<NnsStream>(new NnsStream(
      stubs_->index.get(), std::string(index), query, sink, options,
      stubs_->channel, StreamDeadline(call), options_.retry_window));
}

absl::StatusOr<client::StoredItems> Client::GetItems(
    absl::string_view index, absl::Span<const int32_t> ids,
    absl::Span<const std::string> labels, bool include_staged,
    const CallOptions& call) {
  v1::GetItemsRequest request;
  request.set_index(std::string(index));
  *request.mutable_ids() = {ids.begin(), ids.end()};
  *request.mutable_labels() = {labels.begin(), labels.end()};
  request.set_include_staged(include_staged);
  v1::GetItemsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetItems, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response);
}

absl::StatusOr<client::StoredItems> Client::FindItems(
    absl::string_view index, absl::Span<const int32_t> ids,
    const CallOptions& call) {
  v1::GetItemsRequest request;
  request.set_index(std::string(index));
  *request.mutable_ids() = {ids.begin(), ids.end()};
  request.set_include_staged(true);
  request.set_skip_missing(true);
  v1::GetItemsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetItems, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response);
}

absl::StatusOr<float> Client::GetDistance(absl::string_view index, int32_t i,
                                          int32_t j, bool include_staged,
                                          const CallOptions& call) {
  v1::GetDistanceRequest request;
  request.set_index(std::string(index));
  request.set_i(i);
  request.set_j(j);
  request.set_include_staged(include_staged);
  v1::GetDistanceResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetDistance, request,
                             &response, /*idempotent=*/true, call));
  return response.distance();
}

absl::StatusOr<client::IndexInfo> Client::Info(absl::string_view index,
                                               const CallOptions& call) {
  v1::InfoRequest request;
  request.set_index(std::string(index));
  v1::InfoResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(), &v1::IndexService::Stub::Info,
                             request, &response,
                             /*idempotent=*/true, call));
  return client::FromProto(response.info());
}

absl::StatusOr<std::vector<client::IndexInfo>> Client::ListIndexes(
    const CallOptions& call) {
  v1::ListIndexesResponse response;
  ANNOD_RETURN_IF_ERROR(
      Call(stubs_->index.get(), &v1::IndexService::Stub::ListIndexes,
           v1::ListIndexesRequest(), &response, /*idempotent=*/true, call));
  std::vector<client::IndexInfo> infos;
  for (const v1::IndexInfo& info : response.indexes()) {
    infos.push_back(client::FromProto(info));
  }
  return infos;
}

absl::StatusOr<client::Health> Client::Health(absl::string_view index,
                                              const CallOptions& call) {
  grpc::health::v1::HealthCheckRequest request;
  if (!index.empty()) {
    request.set_service(absl::StrCat("annod.v1.IndexService/", index));
  }
  grpc::health::v1::HealthCheckResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->health.get(),
                             &grpc::health::v1::Health::Stub::Check, request,
                             &response, /*idempotent=*/true, call));
  switch (response.status()) {
    case grpc::health::v1::HealthCheckResponse::SERVING:
      return client::Health::kServing;
    case grpc::health::v1::HealthCheckResponse::NOT_SERVING:
      return client::Health::kNotServing;
    default:
      return client::Health::kUnknown;
  }
}

}  // namespace annod
