#ifndef ANNOD_SERVER_SUPERVISOR_WORKER_CALLS_H_
#define ANNOD_SERVER_SUPERVISOR_WORKER_CALLS_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/json/json_calls.h"
#include "server/supervisor/supervisor_status.h"

namespace annod {

// Calls that the supervisor makes to the workers, by their own sockets, one
// after the other in turn. Thread-safe.
class WorkerCalls {
 public:
  // `addresses` by slot; `status`, which must outlive the object, says which of
  // them live.
  WorkerCalls(const std::vector<std::string>& addresses,
              const SupervisorStatus* status);

  // Asks the next worker that lives, within `timeout`. One that did not take
  // the call, or drains, gives it on to the next. UNAVAILABLE if there is none.
  grpc::Status Call(const std::string& method, const std::string& request,
                    const CallMetadata& metadata, absl::Duration timeout,
                    std::string* response);

  // The same as the supervisor itself, who may read all: each worker is given
  // `patience`, for one may stand still.
  grpc::Status CallAsOwn(const std::string& method, const std::string& request,
                         absl::Duration patience, std::string* response);

 private:
  std::vector<int> Living();
  grpc::Status CallOne(int slot, const std::string& method,
                       const std::string& request, const CallMetadata& metadata,
                       absl::Time deadline, std::string* response);

  const SupervisorStatus* const status_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;  // by slot
  std::atomic<unsigned> next_{0};
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_WORKER_CALLS_H_
