#ifndef ANNOD_SERVER_WORKER_WORKER_SERVER_H_
#define ANNOD_SERVER_WORKER_WORKER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/storage/data_directory.h"
#include "grpcpp/grpcpp.h"
#include "server/access/access_control.h"
#include "server/config/child_options.h"
#include "server/config/live_config.h"
#include "server/rpc/large_requests.h"
#include "server/worker/admin_proxy.h"
#include "server/worker/calls/index_service.h"
#include "server/worker/calls/query_streams.h"
#include "server/worker/calls/query_threads.h"
#include "server/worker/calls/unsent_answers.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/catalog/catalog_loader.h"
#include "server/worker/catalog/sync_client.h"
#include "server/worker/connection_acceptor.h"
#include "server/worker/health_service.h"
#include "server/worker/metrics/recall_sampler.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/query/get_nns.h"
#include "server/worker/query/query_helpers.h"
#include "server/worker/reflection_service.h"

namespace annod {

// Everything in a worker process but its signals: the catalog, the threads that
// answer, the services and the link to the writer.
class WorkerServer {
 public:
  // All must outlive the object.
  WorkerServer(const ChildOptions& options, LiveConfig* config,
               DataDirectory* data, const AccessControl* access,
               WorkerMetrics* metrics);
  ~WorkerServer();

  // Loads every index, catches up with the writer if it is there, then
  // listens. Unavailable if the address cannot be had.
  absl::Status Start();

  // The configuration changed.
  void ConfigChanged();

  // Housekeeping, about once a second.
  void Tick();

  // Turns unready and serves on for drain_delay; then sends all clients away,
  // ends the streams that wait, and answers what is under way or still comes
  // in, within drain_timeout.
  void Drain();

 private:
  absl::Status StartServer();
  void BecomeReady();
  absl::Status StartChannelz();
  // Of the port that clients reach.
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> PortCredentials(
      const Config& config) const;
  void MeasureResidency();
  void WatchMemory();
  // Returns when no call is under way or may be on its way, or `timeout` after
  // `start`. Ends streams meanwhile.
  void AwaitCalls(absl::Time start, absl::Duration timeout);
  // After the server was shut down.
  void EndQueries();

  const ChildOptions options_;
  LiveConfig* const config_;
  WorkerMetrics* const metrics_;

  Catalog catalog_;
  CatalogLoader loader_;
  RecallSampler sampler_;
  QueryHelpers helpers_;
  GetNnsHandler handler_;
  UnsentAnswers unsent_;
  LargeRequests large_;
  const std::shared_ptr<grpc::Channel> writer_;
  QueryStreams streams_;
  IndexServiceImpl index_service_;
  AuditLog audit_;
  AdminProxy admin_;
  HealthService health_;
  ReflectionService reflection_;
  ReflectionAlphaService reflection_alpha_{&reflection_};
  QueryThreads query_threads_;
  ConnectionAcceptor acceptor_;
  std::unique_ptr<SyncClient> sync_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::Server> channelz_server_;
  int ticks_ = 0;
  bool ready_ = false;
  absl::Time started_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_WORKER_SERVER_H_
