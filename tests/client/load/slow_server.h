#ifndef ANNOD_TESTS_CLIENT_LOAD_SLOW_SERVER_H_
#define ANNOD_TESTS_CLIENT_LOAD_SLOW_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.grpc.pb.h"

namespace annod::load {

struct SlowServerOptions {
  // Every call takes so long; calls do not wait for each other.
  absl::Duration latency;
  // Calls that arrive within this time of the first one are answered when it is
  // over.
  absl::Duration stall;
  // Calls are not answered before their deadline.
  bool hang = false;
  // Each of so many calls, but for the first, is refused with
  // RESOURCE_EXHAUSTED; 0: none.
  int refuse_every = 0;
  // Lists of {0, 1, ..., 9} in each answer; -1: one for each query.
  int lists = -1;
};

// A real gRPC server on a free port that answers GetNns, slowly.
class SlowServer final : public v1::IndexService::Service {
 public:
  explicit SlowServer(const SlowServerOptions& options);
  ~SlowServer() override;

  const std::string& target() const { return target_; }
  int calls() const;
  // Calls that were being answered at the same time, at most.
  int most_at_once() const;
  // Connections that calls came on.
  int connections() const;

  grpc::Status GetNns(grpc::ServerContext* context,
                      const v1::GetNnsRequest* request,
                      v1::GetNnsResponse* response) override;
  // One after the other, each as GetNns.
  grpc::Status GetNnsStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::GetNnsStreamResponse,
                               v1::GetNnsStreamRequest>* stream) override;

 private:
  const SlowServerOptions options_;
  mutable absl::Mutex mutex_;
  absl::Time stalled_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int at_once_ ABSL_GUARDED_BY(mutex_) = 0;
  int most_at_once_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<std::string> peers_ ABSL_GUARDED_BY(mutex_);
  std::string target_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace annod::load

#endif  // ANNOD_TESTS_CLIENT_LOAD_SLOW_SERVER_H_
