#ifndef ANNOD_SERVER_SUPERVISOR_PROBE_CALL_H_
#define ANNOD_SERVER_SUPERVISOR_PROBE_CALL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/net/connect_from.h"

namespace annod {

// One question to a child, over a connection of its own: is it there? Comes out
// of the queue when it has ended, as itself. Not thread-safe.
class ProbeCall {
 public:
  // To the child of `slot`, by its Unix socket.
  ProbeCall(int slot, int64_t life, const std::string& address,
            absl::Duration timeout, grpc::CompletionQueue* queue);
  // By the port that all workers share; takes the descriptor over. `slot` is
  // the worker that should answer, -1 if that is not known.
  ProbeCall(int slot, int64_t life, const SourcedConnection& connection,
            absl::Duration timeout, grpc::CompletionQueue* queue);

  void Cancel() { context_.TryCancel(); }

  const int slot;
  const int64_t life;     // of the slot, or of all
  const int source_port;  // of the second kind; 0: the first

  // After its end. Somebody said something, whatever it was.
  bool answered() const;
  // Nobody said anything, and the connection did not break either.
  bool timed_out() const {
    return status_.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  }
  // Which worker it was, if it said so.
  std::optional<int> answered_by() const;

 private:
  void Start(std::shared_ptr<grpc::Channel> channel, absl::Duration timeout,
             grpc::CompletionQueue* queue);

  std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  grpc::ClientContext context_;
  grpc::health::v1::HealthCheckResponse response_;
  grpc::Status status_;
  std::unique_ptr<
      grpc::ClientAsyncResponseReader<grpc::health::v1::HealthCheckResponse>>
      call_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_PROBE_CALL_H_
