#ifndef ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
#define ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_

#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"

namespace annod {

// grpc.reflection.v1 over the descriptors that are compiled in. gRPC 1.51 has a
// plug-in for v1alpha only, which newer tools no longer ask for. Callback API:
// a caller that waits costs memory, no thread. Thread-safe.
class ReflectionService final
    : public grpc::reflection::v1::ServerReflection::CallbackService {
 public:
  // `services`: the full names that are listed.
  explicit ReflectionService(std::vector<std::string> services)
      : services_(std::move(services)) {}

  grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                          grpc::reflection::v1::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

  // The answer to one question.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  const std::vector<std::string> services_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
