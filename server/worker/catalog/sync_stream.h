#ifndef ANNOD_SERVER_WORKER_CATALOG_SYNC_STREAM_H_
#define ANNOD_SERVER_WORKER_CATALOG_SYNC_STREAM_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "annod/internal/v1/sync_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace annod {

// A Sync call whose functions block, as those of grpc::ClientReaderWriter do.
// Other than there, a thread that waits in them polls no connections, which
// would cost every query that comes in a switch to that thread and back
// (callback_queue.h). One thread may read while another writes.
class SyncStream final
    : private grpc::ClientBidiReactor<internal::v1::SyncRequest,
                                      internal::v1::SyncResponse> {
 public:
  // Begins the call. Both must outlive the object.
  SyncStream(internal::v1::SyncService::Stub* stub,
             grpc::ClientContext* context);
  // Cancels the call and waits for its end; nobody reads or writes.
  ~SyncStream() override;

  // False if the call has ended.
  bool Write(const internal::v1::SyncRequest& request);
  bool Read(internal::v1::SyncResponse* response);

 private:
  enum class State { kIdle, kUnderWay, kSucceeded, kFailed };

  // Waits for the end of an operation; whether it succeeded.
  bool Await(State* state) ABSL_LOCKS_EXCLUDED(mu_);
  void Ended(State* state, bool ok) ABSL_LOCKS_EXCLUDED(mu_);

  void OnReadDone(bool ok) override { Ended(&reading_, ok); }
  void OnWriteDone(bool ok) override { Ended(&writing_, ok); }
  void OnDone(const grpc::Status& status) override;

  grpc::ClientContext* const context_;
  absl::Mutex mu_;
  State reading_ ABSL_GUARDED_BY(mu_) = State::kIdle;
  State writing_ ABSL_GUARDED_BY(mu_) = State::kIdle;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CATALOG_SYNC_STREAM_H_
