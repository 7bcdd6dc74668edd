#ifndef ANNOD_CLIENT_LOAD_STREAM_LANE_H_
#define ANNOD_CLIENT_LOAD_STREAM_LANE_H_

#include <grpcpp/channel.h>

#include <memory>
#include <vector>

#include "client/load/call_recorder.h"
#include "client/load/connections.h"
#include "client/load/lane.h"
#include "client/load/load_result.h"
#include "client/load/requests.h"

namespace annod::load {

// A lane whose requests travel on GetNnsStream: one stream for each of its
// connections, which answers in order. A stream that fails fails all requests
// on it, and is begun again.
class StreamLane {
 public:
  // `requests` were made for streams; not owned. At least one of each.
  StreamLane(const LaneOptions& options,
             const std::vector<std::shared_ptr<grpc::Channel>>& channels,
             const std::vector<Request>* requests);

  // Keeps `in_flight` requests in flight, spread over the streams, until the
  // window ends, then waits for the last answer, up to the timeout longer. Uses
  // the calling thread alone.
  LoadResult RunClosed(int in_flight, const Window& window);

 private:
  class Stream;

  const LaneOptions options_;
  Connections connections_;
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_STREAM_LANE_H_
