#ifndef ANNOD_SERVER_WORKER_CONNECTION_ACCEPTOR_H_
#define ANNOD_SERVER_WORKER_CONNECTION_ACCEPTOR_H_

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/config/live_config.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/open_connections.h"

namespace annod {

// Accepts a server's connections in gRPC's place. gRPC 1.51 gives a listening
// socket up for ever when one accept() fails, as it does for want of
// descriptors, and bounds the number of connections by nothing: its
// ResourceQuota knows memory and threads. Here a thread accepts, closes at once
// what is beyond max_connections or would take the last descriptors, and hands
// the rest to gRPC. A refused client connects again and may reach another
// worker.
class ConnectionAcceptor {
 public:
  // Both must outlive the object.
  ConnectionAcceptor(const LiveConfig* config, WorkerMetrics* metrics);
  // Stops.
  ~ConnectionAcceptor();
  ConnectionAcceptor(const ConnectionAcceptor&) = delete;
  ConnectionAcceptor& operator=(const ConnectionAcceptor&) = delete;

  // The server that `builder` makes gets the connections of these listening
  // sockets, which belong to this object now. Those of sockets that are not
  // `bounded` are not counted and may take the last descriptors.
  void Add(const std::vector<int>& sockets, bool bounded,
           const std::shared_ptr<grpc::ServerCredentials>& credentials,
           grpc::ServerBuilder* builder);

  // Once the server runs.
  void Start();

  // Closes the listening sockets: the kernel sends new connections elsewhere.
  // Those handed over stay.
  void Stop();

  // After Stop(): OpenConnections::AnyBusy() of those that stayed.
  bool AnyBusy(absl::Duration period) { return open_.AnyBusy(period); }

 private:
  using Taker = grpc::experimental::ExternalConnectionAcceptor;
  struct Listener {
    int fd;
    bool bounded;
    std::shared_ptr<Taker> taker;
  };

  void Loop();
  // Accepts what waits.
  void AcceptFrom(const Listener& listener);
  // Accepts one and closes it, with a descriptor kept for this.
  bool DropOne(const Listener& listener);
  // Counts a connection that was, or is now, closed instead of served.
  void Refuse(int fd, Counter* counter, const char* reason);
  size_t Bound(size_t descriptors) const;

  const LiveConfig* const config_;
  WorkerMetrics* const metrics_;
  const int wake_fd_;  // eventfd
  std::vector<Listener> listeners_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;

  // The thread's, before Stop().
  OpenConnections open_;
  int spare_fd_ = -1;
  bool out_of_descriptors_ = false;
  absl::Time next_log_ = absl::InfinitePast();
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CONNECTION_ACCEPTOR_H_
