#ifndef ANNOD_SERVER_WORKER_QUERY_THREADS_H_
#define ANNOD_SERVER_WORKER_QUERY_THREADS_H_

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_builder.h"
#include "server/worker/get_nns.h"
#include "server/worker/index_service.h"
#include "server/worker/query_helpers.h"
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
               QueryHelpers* helpers, WorkerMetrics* metrics);
  ~QueryThreads();

  // Before the server is built: adds one queue for each thread.
  void AddQueues(int threads, grpc::ServerBuilder* builder);
  // After the server was built.
  void Start();
  // Calls that have arrived and whose answers are not sent yet.
  int active_count() const { return active_.load(); }
  // After the server was shut down: waits for the threads to end.
  void Join();

 private:
  class Loop;

  IndexServiceImpl* const service_;
  const GetNnsHandler* const handler_;
  QueryHelpers* const helpers_;
  WorkerMetrics* const metrics_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::vector<std::thread> threads_;
  std::atomic<int> active_{0};

  absl::Mutex mu_;
  // Threads that have seen the server's shutdown: they begin nothing any more.
  int stopped_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_THREADS_H_
