#ifndef ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
#define ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_

#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/access/access_control.h"

namespace annod {

// grpc.reflection.v1 over the descriptors that are compiled in, for whoever may
// read. gRPC 1.51 has a plug-in for v1alpha only, which asks nobody who calls.
// Callback API: a caller that waits costs memory, no thread. Thread-safe.
class ReflectionService final
    : public grpc::reflection::v1::ServerReflection::CallbackService {
 public:
  // `services`: the full names that are listed. `access` must outlive the
  // object.
  ReflectionService(std::vector<std::string> services,
                    const AccessControl* access)
      : services_(std::move(services)), access_(access) {}

  grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                          grpc::reflection::v1::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

  // The answer to one question.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

  const AccessControl& access() const { return *access_; }

 private:
  const std::vector<std::string> services_;
  const AccessControl* const access_;
};

// The same under its old name, by messages of the same numbers.
class ReflectionAlphaService final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `service` must outlive the object.
  explicit ReflectionAlphaService(const ReflectionService* service)
      : service_(service) {}

  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  const ReflectionService* const service_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
