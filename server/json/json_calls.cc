#include "server/json/json_calls.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "annod/v1/index_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "nlohmann/json.hpp"
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

// Finds in text what protobuf's parser lets pass: it leaves null out of an
// array, joins arrays in arrays, lets the last of two members of one name count
// (or the elements of both), and takes what is no JSON.
class StrictJson final : public nlohmann::json_sax<nlohmann::json> {
 public:
  // What is wrong; empty: nothing.
  static std::string FaultOf(const std::string& text) {
    StrictJson sax;
    nlohmann::json::sax_parse(text, &sax);
    return sax.fault_;
  }

  bool null() override {
    return !InArray() ||
           Fail(absl::StrCat("an element of '", Name(), "' is null"));
  }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return Begin({}); }
  bool key(std::string& name) override {
    open_.back().name = name;
    // search_k and searchK are one field.
    const bool added = open_.back()
                           .names
                           .insert(absl::AsciiStrToLower(
                               absl::StrReplaceAll(name, {{"_", ""}})))
                           .second;
    return added || Fail(absl::StrCat("'", name, "' is given twice"));
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool start_array(size_t) override {
    if (InArray()) {
      return Fail(absl::StrCat("an element of '", Name(), "' is an array"));
    }
    return Begin({/*array=*/true, Name(), {}});
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::json::exception& error) override {
    const absl::string_view what = error.what();
    // Behind the library's own "[json.exception...] ".
    const size_t end = what.find("] ");
    return Fail(
        std::string(what.substr(end == absl::string_view::npos ? 0 : end + 2)));
  }

 private:
  struct Open {
    bool array = false;
    std::string name;  // of the member, or of the array
    absl::flat_hash_set<std::string> names;
  };

  bool Begin(Open what) {
    // Deeper than any message.
    constexpr size_t kMostOpen = 32;
    if (open_.size() == kMostOpen) {
      return Fail(absl::StrCat("nested more than ", kMostOpen, " levels deep"));
    }
    open_.push_back(std::move(what));
    return true;
  }
  bool InArray() const { return !open_.empty() && open_.back().array; }
  std::string Name() const { return open_.empty() ? "" : open_.back().name; }
  bool Fail(std::string fault) {
    fault_ = std::move(fault);
    return false;
  }

  std::vector<Open> open_;
  std::string fault_;
};

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
  std::string text(absl::StripAsciiWhitespace(request.body));
  if (text.empty()) text = "{}";
  std::string bytes;
  std::string fault = StrictJson::FaultOf(text);
  if (fault.empty()) {
    const auto parsed = google::protobuf::util::JsonToBinaryString(
        types_.get(), TypeUrl(absl::StrCat("annod.v1.", method, "Request")),
        text, &bytes);
    if (!parsed.ok()) fault = std::string(parsed.message());
  }
  if (!fault.empty()) {
    // Quotes may stay as they are.
    const std::string shown = absl::StrReplaceAll(
        Printable(fault, kMaxPrintedPathBytes), {{"\\'", "'"}, {"\\\"", "\""}});
    return Failed(BadRequest("body", absl::StrCat("the body is not a ", method,
                                                  "Request as JSON: ", shown)),
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
