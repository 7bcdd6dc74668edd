#ifndef ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
#define ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_

#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/access/access_control.h"
#include "server/worker/calls/unsent_answers.h"

namespace annod {

// grpc.reflection.v1 over the descriptors that are compiled in, for whoever may
// read. gRPC 1.51 has a plug-in for v1alpha only, which asks nobody who calls.
// Callback API: a caller that waits costs memory, no thread. Requests come as
// bytes, so that a large one is refused before it is parsed; answers count
// among the unsent ones. Thread-safe.
class ReflectionService final
    : public grpc::reflection::v1::ServerReflection::
          WithRawCallbackMethod_ServerReflectionInfo<
              grpc::reflection::v1::ServerReflection::Service> {
 public:
  // `services`: the full names that are listed. The others must outlive the
  // object.
  ReflectionService(std::vector<std::string> services,
                    const AccessControl* access, UnsentAnswers* unsent)
      : services_(std::move(services)), access_(access), unsent_(unsent) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

  // The answer to one question.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

  const AccessControl& access() const { return *access_; }
  UnsentAnswers* unsent() const { return unsent_; }

 private:
  const std::vector<std::string> services_;
  const AccessControl* const access_;
  UnsentAnswers* const unsent_;
};

// The same under its old name, by messages of the same bytes.
class ReflectionAlphaService final
    : public grpc::reflection::v1alpha::ServerReflection::
          WithRawCallbackMethod_ServerReflectionInfo<
              grpc::reflection::v1alpha::ServerReflection::Service> {
 public:
  // `service` must outlive the object.
  explicit ReflectionAlphaService(const ReflectionService* service);

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  const ReflectionService* const service_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_REFLECTION_SERVICE_H_
