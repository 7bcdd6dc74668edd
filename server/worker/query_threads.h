#ifndef ANNOD_SERVER_WORKER_QUERY_THREADS_H_
#define ANNOD_SERVER_WORKER_QUERY_THREADS_H_

#include <memory>
#include <thread>
#include <vector>

#include "grpcpp/server_builder.h"
#include "server/worker/get_nns.h"
#include "server/worker/index_service.h"
#include "server/worker/worker_metrics.h"

namespace annod {

// The data plane: threads that take GetNns calls from their own completion
// queues and run each search to its end. A thread asks for a call only when it
// is free, so no call ever waits behind a search while another thread idles,
// even if all calls come over one connection.
class QueryThreads {
 public:
  // All must outlive the object.
  QueryThreads(IndexServiceImpl* service, const GetNnsHandler* handler,
               WorkerMetrics* metrics);
  // The server must have been shut down if Start() was called.
  ~QueryThreads();

  // Before the server is built: adds one queue for each thread.
  void AddQueues(int threads, grpc::ServerBuilder* builder);
  // After the server was built.
  void Start();
  // Waits for the threads; they end when the server is shut down.
  void Join();

 private:
  class Loop;

  IndexServiceImpl* const service_;
  const GetNnsHandler* const handler_;
  WorkerMetrics* const metrics_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::vector<std::thread> threads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_THREADS_H_
