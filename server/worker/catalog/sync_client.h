#ifndef ANNOD_SERVER_WORKER_CATALOG_SYNC_CLIENT_H_
#define ANNOD_SERVER_WORKER_CATALOG_SYNC_CLIENT_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "annod/internal/v1/sync_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "server/process/stop_flag.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/catalog/catalog_loader.h"
#include "server/worker/catalog/sync_stream.h"

namespace annod {

// The worker's end of the Sync stream: learns from the writer what changed,
// has it loaded, and says when that is done, and meanwhile that this worker is
// there. Reconnects for ever; without a writer the worker goes on serving what
// it has.
class SyncClient {
 public:
  // All must outlive the object; `loader` is used by no one else from now on.
  SyncClient(std::shared_ptr<grpc::Channel> writer, int slot,
             absl::Duration beat_interval, Catalog* catalog,
             CatalogLoader* loader);
  ~SyncClient();

  // Waits until this worker has caught up with the writer once. False if that
  // took longer than `timeout`: the writer may be down.
  bool AwaitFirst(absl::Duration timeout);

 private:
  void StreamLoop();
  void ReadStream(grpc::ClientContext* context);
  // Reads what was staged in `index`, so that not all of it is left to the next
  // query.
  void Follow(const std::string& index);
  void LoadLoop();
  void Acknowledge(int64_t epoch, int64_t generation);
  // Tells the writer now and then that this process does not stand still,
  // however long a load takes.
  void BeatLoop();

  const std::unique_ptr<internal::v1::SyncService::Stub> stub_;
  const int slot_;
  const absl::Duration beat_interval_;
  Catalog* const catalog_;
  CatalogLoader* const loader_;

  StopFlag stop_;  // called with `stopped_`, for those that wait for a time
  absl::Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool caught_up_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
  // What is to be looked at, and for which message of which stream.
  bool pending_ ABSL_GUARDED_BY(mu_) = false;
  bool pending_all_ ABSL_GUARDED_BY(mu_) = false;
  std::set<std::string> pending_names_ ABSL_GUARDED_BY(mu_);
  int64_t pending_generation_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t pending_epoch_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t epoch_ ABSL_GUARDED_BY(mu_) = 0;  // counts the streams

  // Held while writing: the stream is read by one thread and written by three.
  absl::Mutex write_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  SyncStream* stream_ ABSL_GUARDED_BY(write_mu_) = nullptr;
  int64_t stream_epoch_ ABSL_GUARDED_BY(write_mu_) = 0;
  // On this stream.
  int64_t acknowledged_generation_ ABSL_GUARDED_BY(write_mu_) = 0;

  std::thread load_thread_;
  std::thread stream_thread_;
  std::thread beat_thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CATALOG_SYNC_CLIENT_H_
