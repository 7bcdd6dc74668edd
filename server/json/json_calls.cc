#include "server/json/json_calls.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "annod/v1/index_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/audit/request_ids.h"
#include "server/config/child_options.h"
#include "server/rpc/errors.h"
#include "server/rpc/rpc_status.h"

namespace annod {
namespace {

constexpr char kTypes[] = "type.googleapis.com";
constexpr char kService[] = "/annod.v1.IndexService/";
constexpr absl::string_view kMethods[] = {"GetNns", "Info", "ListIndexes"};

std::string TypeUrl(absl::string_view message) {
  return absl::StrCat(kTypes, "/", message);
}

grpc::Status BadRequest(absl::string_view field, absl::string_view what) {
  return ToGrpcStatus(ReasonError(absl::StatusCode::kInvalidArgument,
                                  kInvalidField, what,
                                  {{"field", std::string(field)}}));
}

// What gRPC takes as metadata; it ends the program for what it does not.
bool IsMetadataText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

bool IsJson(absl::string_view content_type) {
  const absl::string_view type = content_type.substr(0, content_type.find(';'));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type),
                                "application/json");
}

}  // namespace

int HttpStatusOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return 200;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
      return 400;
    case grpc::StatusCode::UNAUTHENTICATED:
      return 401;
    case grpc::StatusCode::PERMISSION_DENIED:
      return 403;
    case grpc::StatusCode::NOT_FOUND:
      return 404;
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::ABORTED:
      return 409;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return 429;
    case grpc::StatusCode::CANCELLED:
      return 499;
    case grpc::StatusCode::UNIMPLEMENTED:
      return 501;
    case grpc::StatusCode::UNAVAILABLE:
      return 503;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return 504;
    default:
      return 500;
  }
}

JsonCalls::JsonCalls(MakeCall call)
    : call_(std::move(call)),
      types_(google::protobuf::util::NewTypeResolverForDescriptorPool(
          kTypes, google::protobuf::DescriptorPool::generated_pool())) {
  // Linked in, so that the pool knows what errors carry.
  google::rpc::ErrorInfo::descriptor();
  v1::GetNnsRequest::descriptor();
}

HttpResponse JsonCalls::Failed(const grpc::Status& status,
                               const std::string& request_id) const {
  google::rpc::Status error;
  if (!error.ParseFromString(status.error_details()) || error.code() == 0) {
    error.Clear();
    error.set_code(static_cast<int>(status.error_code()));
    error.set_message(status.error_message());
  }
  HttpResponse response;
  response.status = HttpStatusOf(status.error_code());
  response.content_type = "application/json";
  const auto print = [&] {
    response.body.clear();
    return google::protobuf::util::BinaryToJsonString(
               types_.get(), TypeUrl("google.rpc.Status"),
               error.SerializeAsString(), &response.body)
        .ok();
  };
  if (!print()) {
    error.clear_details();  // of a type that is not known here
    if (!print()) response.body = "{}";
  }
  response.body += "\n";
  response.headers = {{kRequestIdKey, request_id}};
  if (response.status == 401) response.authenticate = "Bearer realm=\"annod\"";
  return response;
}

HttpResponse JsonCalls::Answer(const HttpRequest& request) const {
  const std::string id =
      IsRequestId(request.request_id) ? request.request_id : NewRequestId();
  const std::string method = request.path.substr(sizeof(kPrefix) - 1);
  if (std::find(std::begin(kMethods), std::end(kMethods), method) ==
      std::end(kMethods)) {
    return Failed(
        grpc::Status(grpc::StatusCode::NOT_FOUND,
                     absl::StrCat("there is no method '", Printable(method),
                                  "' here, but GetNns, Info and ListIndexes")),
        id);
  }
  if (!IsJson(request.content_type)) {
    HttpResponse refusal =
        Failed(BadRequest("Content-Type",
                          "the request needs the header 'Content-Type: "
                          "application/json' (curl --json)"),
               id);
    refusal.status = 415;
    return refusal;
  }
  CallMetadata metadata = {{kRequestIdKey, id}, {kPeerMetadata, request.peer}};
  if (!request.authorization.empty()) {
    if (!IsMetadataText(request.authorization)) {
      return Failed(BadRequest("Authorization",
                               "the header Authorization is not printable "
                               "ASCII"),
                    id);
    }
    metadata.emplace_back("authorization", request.authorization);
  }
  if (IsTraceParent(request.trace_parent)) {
    metadata.emplace_back(kTraceParentKey, request.trace_parent);
  }
  const absl::string_view text = absl::StripAsciiWhitespace(request.body);
  std::string bytes;
  const auto parsed = google::protobuf::util::JsonToBinaryString(
      types_.get(), TypeUrl(absl::StrCat("annod.v1.", method, "Request")),
      text.empty() ? "{}" : std::string(text), &bytes);
  if (!parsed.ok()) {
    return Failed(
        BadRequest("body", absl::StrCat("the body is not a ", method,
                                        "Request as JSON: ",
                                        Printable(std::string(parsed.message()),
                                                  kMaxPrintedPathBytes))),
        id);
  }
  std::string answer;
  const grpc::Status status =
      call_(absl::StrCat(kService, method), bytes, metadata, kTimeout, &answer);
  if (!status.ok()) return Failed(status, id);
  HttpResponse response;
  response.content_type = "application/json";
  response.headers = {{kRequestIdKey, id}};
  const auto printed = google::protobuf::util::BinaryToJsonString(
      types_.get(), TypeUrl(absl::StrCat("annod.v1.", method, "Response")),
      answer, &response.body);
  if (!printed.ok()) {
    return Failed(grpc::Status(grpc::StatusCode::INTERNAL,
                               "the answer cannot be said in JSON"),
                  id);
  }
  response.body += "\n";
  return response;
}

}  // namespace annod
