#ifndef ANNOD_SERVER_WORKER_HEALTH_SERVICE_H_
#define ANNOD_SERVER_WORKER_HEALTH_SERVICE_H_

#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/access/access_control.h"
#include "server/config/live_config.h"
#include "server/worker/catalog/catalog.h"

namespace annod {

// grpc.health.v1 as this worker's indexes are: "" for the process, the names of
// the services, and "annod.v1.IndexService/<index>" for each index. gRPC's own
// implementation has no description that reflection could show. Callback API:
// a watching caller costs memory, no thread. Whoever it is may ask for the
// process and the services, for an index who may ask for its Info. How many
// calls of Watch there are is bounded, of each connection, too. Requests
// come as bytes, so that a large one is refused before it is parsed.
// Thread-safe.
class HealthService final
    : public grpc::health::v1::Health::WithRawCallbackMethod_Check<
          grpc::health::v1::Health::WithRawCallbackMethod_Watch<
              grpc::health::v1::Health::Service>> {
 public:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // All must outlive the object. Everything is NOT_SERVING until
  // SetAccepting(true).
  HealthService(int slot, const Catalog* catalog, const LiveConfig* config,
                const AccessControl* access);

  // Whether calls are accepted: true once the indexes are loaded, false when
  // draining begins.
  void SetAccepting(bool accepting);

  // Tells watching callers what changed. Call after every change of the
  // catalog or the configuration.
  void Update();

  // Ends all watches, for the server is about to go.
  void EndWatches();

  // SERVICE_UNKNOWN for a name that means nothing now.
  Status StatusOf(const std::string& service) const;

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  class Watcher;

  absl::Status MayAsk(const grpc::ServerContextBase& context,
                      const std::string& service) const;
  // Takes the watch on, unless there are too many.
  absl::Status AddLocked(Watcher* watcher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveLocked(Watcher* watcher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status StatusLocked(const std::string& service) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);

  const int slot_;
  const Catalog* const catalog_;
  const LiveConfig* const config_;
  const AccessControl* const access_;

  mutable absl::Mutex mu_;
  bool accepting_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> watches_of_peer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_HEALTH_SERVICE_H_
