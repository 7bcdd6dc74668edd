#ifndef ANNOD_CLIENT_LOAD_REQUESTS_H_
#define ANNOD_CLIENT_LOAD_REQUESTS_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/types.h"

namespace annod::load {

// Ids that count as right for one query, ascending: the n nearest, and those
// that are as near as the n-th. Empty if not known.
using Truth = std::vector<int32_t>;

// A request, serialized once and sent as often as need be: its bytes are
// shared, not copied.
struct Request {
  grpc::ByteBuffer message;
  bool streamed = false;     // a GetNnsStreamRequest, answered by its like
  std::vector<Truth> truth;  // parallel to its queries; empty if not known
};

struct RequestOptions {
  std::string index;
  client::QueryOptions query;
  int batch = 1;        // queries a request
  bool floats = false;  // vectors travel as repeated float, not as bytes
  bool stream = false;  // for GetNnsStream
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

// How much of the truth of a request its serialized answer holds; of each
// query, no more than `n` ids count. InvalidArgument if it is no answer, or one
// to another number of queries than the truth is known of.
absl::StatusOr<Matches> CountMatches(const grpc::ByteBuffer& response,
                                     const Request& request, int n);

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_REQUESTS_H_
