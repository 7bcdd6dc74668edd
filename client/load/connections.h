#ifndef ANNOD_CLIENT_LOAD_CONNECTIONS_H_
#define ANNOD_CLIENT_LOAD_CONNECTIONS_H_

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "client/load/requests.h"

namespace annod::load {

// What the calls of one lane share: its connections, the queue their results
// come from, and the requests in turn. Not thread-safe, but for queue().
class Connections {
 public:
  // `requests` is not owned and outlives this. At least one of each; the first
  // request is the one at `first_request`, counted round.
  Connections(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
              const std::vector<Request>* requests, size_t first_request);
  // Waits for what is under way.
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  size_t size() const { return stubs_.size(); }
  grpc::GenericStub* stub(size_t i) const { return stubs_[i].get(); }
  grpc::CompletionQueue* queue() { return &queue_; }
  const std::vector<Request>& requests() const { return *requests_; }

  const Request* NextRequest();
  grpc::GenericStub* NextStub();

 private:
  const std::vector<Request>* const requests_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  grpc::CompletionQueue queue_;
  size_t next_request_;
  size_t next_stub_ = 0;
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_CONNECTIONS_H_
