#ifndef ANNOD_SERVER_JSON_JSON_CALLS_H_
#define ANNOD_SERVER_JSON_JSON_CALLS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/util/type_resolver.h"
#include "grpcpp/grpcpp.h"
#include "server/metrics/http_message.h"

namespace annod {

// What a call takes along: metadata of gRPC.
using CallMetadata = std::vector<std::pair<std::string, std::string>>;

// Makes a call as a client of gRPC does: a serialized request in, a serialized
// response out. `method` as in "/annod.v1.IndexService/GetNns". Thread-safe.
using MakeCall = std::function<grpc::Status(
    const std::string& method, const std::string& request,
    const CallMetadata& metadata, absl::Duration timeout,
    std::string* response)>;

// Calls of IndexService as JSON over HTTP (docs/json.md): POST /v1/GetNns,
// /v1/Info, /v1/ListIndexes. Requests and answers are protobuf's JSON mapping
// of the messages, errors that of google.rpc.Status. Who calls and what he may
// do is decided where the call goes, by the header Authorization. Thread-safe.
class JsonCalls {
 public:
  static constexpr char kPrefix[] = "/v1/";
  static constexpr size_t kMaxBodyBytes = 1 << 20;
  static constexpr absl::Duration kTimeout = absl::Seconds(5);

  explicit JsonCalls(MakeCall call);

  HttpResponse Answer(const HttpRequest& request) const;

 private:
  HttpResponse Failed(const grpc::Status& status,
                      const std::string& request_id) const;

  const MakeCall call_;
  const std::unique_ptr<google::protobuf::util::TypeResolver> types_;
};

// The HTTP status that stands for a code of gRPC, as google.rpc.Code has it.
int HttpStatusOf(grpc::StatusCode code);

}  // namespace annod

#endif  // ANNOD_SERVER_JSON_JSON_CALLS_H_
