#ifndef ANNOD_CLIENT_LOAD_REQUESTS_H_
#define ANNOD_CLIENT_LOAD_REQUESTS_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/types.h"
#include "core/metric.h"

namespace annod::load {

// How many of the true neighbours of one query are known, and how far the last
// of them is: what is as near counts as right (core/as_near.h).
struct Truth {
  int32_t wanted = 0;  // 0: nothing is known
  float bound = 0;
  std::vector<int32_t> ids{};  // ascending, if they were given as such
};

// A request, serialized once and sent as often as need be: its bytes are
// shared, not copied.
struct Request {
  grpc::ByteBuffer message;
  bool streamed = false;     // a GetNnsStreamRequest, answered by its like
  std::vector<Truth> truth;  // parallel to its queries; empty if not known
  Metric metric = Metric::kEuclidean;  // of the truth
};

struct RequestOptions {
  std::string index;
  client::QueryOptions query;
  int batch = 1;        // queries a request
  bool floats = false;  // vectors travel as repeated float, not as bytes
  bool stream = false;  // for GetNnsStream
  Metric metric = Metric::kEuclidean;
};

// Groups queries into requests; the last one takes from the front again if
// there are not enough. `truth` is parallel to `queries` or empty; there is at
// least one query.
std::vector<Request> MakeRequests(const RequestOptions& options,
                                  const std::vector<client::Query>& queries,
                                  const std::vector<Truth>& truth);

struct Matches {
  int64_t found = 0;
  int64_t expected = 0;
};

// How much of the truth of a request its serialized answer, which has
// distances, holds; of each query, no more than `n` neighbours count.
// InvalidArgument if it is no such answer, or one to another number of queries
// than the truth is known of.
absl::StatusOr<Matches> CountMatches(const grpc::ByteBuffer& response,
                                     const Request& request, int n);

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_REQUESTS_H_
