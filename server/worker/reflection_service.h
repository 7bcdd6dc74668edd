#ifndef ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
#define ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_

#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/worker/calls/unsent_answers.h"

namespace annod {

// grpc.reflection.v1, and v1alpha for tools that ask for no other, over the
// descriptors that are compiled in. gRPC 1.51 has a plug-in for v1alpha only,
// which takes a thread for each call. Callback API: a caller that waits costs
// memory, no thread. Requests come as bytes, so that a large one is refused
// before it is parsed; answers count among the unsent ones. Thread-safe.
class ReflectionService final : public grpc::Service {
 public:
  // `services`: the full names that are listed. `unsent` must outlive the
  // object.
  ReflectionService(std::vector<std::string> services, UnsentAnswers* unsent);

  // The answer to one question.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  const std::vector<std::string> services_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
