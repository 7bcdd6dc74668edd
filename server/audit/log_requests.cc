#include "server/audit/log_requests.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/support/server_interceptor.h"
#include "server/audit/request_ids.h"
#include "server/process/log_context.h"

namespace annod {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

// gRPC calls both ends on the thread that runs the call's handler.
class Interceptor final : public grpc::experimental::Interceptor {
 public:
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      const auto* const metadata = methods->GetRecvInitialMetadata();
      const auto it = metadata->find(kRequestIdKey);
      LogRequestId() = it == metadata->end()
                           ? std::string()
                           : std::string(it->second.data(), it->second.size());
    }
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      LogRequestId().clear();
    }
    methods->Proceed();
  }
};

class Factory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new Interceptor();
  }
};

}  // namespace

void LogRequestsOf(grpc::ServerBuilder* builder) {
  std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
      factories;
  factories.push_back(std::make_unique<Factory>());
  builder->experimental().SetInterceptorCreators(std::move(factories));
}

}  // namespace annod
