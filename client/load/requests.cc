#include "client/load/requests.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "annod/v1/index_service.pb.h"
#include "client/convert.h"
#include "core/as_near.h"

namespace annod::load {
namespace {

// Components one by one instead of bytes.
void UseFloats(v1::GetNnsRequest* request) {
  for (v1::Query& query : *request->mutable_queries()) {
    if (query.target_case() != v1::Query::kVectorBytes) continue;
    const std::string bytes = query.vector_bytes();
    auto* values = query.mutable_vector()->mutable_values();
    values->Resize(static_cast<int>(bytes.size() / sizeof(float)), 0);
    std::memcpy(values->mutable_data(), bytes.data(),
                values->size() * sizeof(float));
  }
}

}  // namespace

std::vector<Request> MakeRequests(const RequestOptions& options,
                                  const std::vector<client::Query>& queries,
                                  const std::vector<Truth>& truth) {
  std::vector<Request> requests;
  for (size_t first = 0; first < queries.size(); first += options.batch) {
    std::vector<client::Query> batch;
    Request request;
    request.metric = options.metric;
    for (int i = 0; i < options.batch; ++i) {
      const size_t at = (first + i) % queries.size();
      batch.push_back(queries[at]);
      if (!truth.empty()) request.truth.push_back(truth[at]);
    }
    if (std::all_of(request.truth.begin(), request.truth.end(),
                    [](const Truth& one) { return one.wanted == 0; })) {
      request.truth.clear();
    }
    v1::GetNnsRequest message;
    client::ToProto(options.index, batch, options.query, &message);
    if (options.floats) UseFloats(&message);
    std::string bytes;
    if (options.stream) {
      request.streamed = true;
      v1::GetNnsStreamRequest streamed;
      *streamed.mutable_request() = std::move(message);
      bytes = streamed.SerializeAsString();
    } else {
      bytes = message.SerializeAsString();
    }
    const grpc::Slice slice(bytes);
    request.message = grpc::ByteBuffer(&slice, 1);
    requests.push_back(std::move(request));
  }
  return requests;
}

absl::StatusOr<Matches> CountMatches(const grpc::ByteBuffer& response,
                                     const Request& request, int n) {
  grpc::ByteBuffer bytes(response);  // shares them
  grpc::ProtoBufferReader reader(&bytes);
  v1::GetNnsStreamResponse streamed;
  v1::GetNnsResponse& message = *streamed.mutable_response();
  const bool parsed =
      reader.status().ok() &&
      (request.streamed ? streamed.ParseFromZeroCopyStream(&reader)
                        : message.ParseFromZeroCopyStream(&reader));
  if (!parsed) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an answer is no ",
        request.streamed ? "GetNnsStreamResponse" : "GetNnsResponse"));
  }
  const std::vector<Truth>& truth = request.truth;
  const auto& results = streamed.response().results();
  if (static_cast<size_t>(results.size()) != truth.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("an answer has ", results.size(),
                     " results for a request of ", truth.size(), " queries"));
  }
  Matches matches;
  for (size_t i = 0; i < truth.size(); ++i) {
    const int64_t expected = std::min<int64_t>(n, truth[i].wanted);
    const v1::NeighborList& list = results[static_cast<int>(i)];
    if (list.distances_size() != list.ids_size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an answer has ", list.ids_size(), " neighbours and ",
                       list.distances_size(), " distances"));
    }
    matches.found += CountAsNear(request.metric, list.ids(), list.distances(),
                                 expected, truth[i].bound, truth[i].ids);
    matches.expected += expected;
  }
  return matches;
}

}  // namespace annod::load
