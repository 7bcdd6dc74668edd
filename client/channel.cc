#include "client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/token_source.h"

namespace annod {
namespace {

// Adds the request id to whatever call is made.
class IdInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit IdInterceptor(const std::string& id) : id_(id) {}
  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::
                PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->insert({"x-request-id", id_});
    }
    methods->Proceed();
  }

 private:
  const std::string id_;
};

class IdInterceptorFactory final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit IdInterceptorFactory(std::string id) : id_(std::move(id)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new IdInterceptor(id_);
  }

 private:
  const std::string id_;
};

}  // namespace

std::string ServiceConfigJson(absl::Duration attempt_timeout) {
  // Only calls that never change a thing: a call that gRPC repeats must be safe
  // to repeat for every argument. The client repeats the others itself when
  // their arguments allow it, and OVERLOADED, which gRPC could not tell from
  // other reasons of RESOURCE_EXHAUSTED. Five attempts are the most that gRPC
  // makes; the retry throttle is left off, for a worker that dies takes all the
  // calls of its connection with it at once. Query streams are left alone:
  // NnsStream begins them again itself, and some that gRPC 1.51 had begun again
  // came to a standstill after an answer.
  const std::string attempt =
      attempt_timeout == absl::InfiniteDuration()
          ? ""
          : absl::StrFormat("\n      \"perAttemptRecvTimeout\": \"%.3fs\",",
                            absl::ToDoubleSeconds(attempt_timeout));
  return absl::StrCat(R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "annod.v1.IndexService", "method": "GetNnsStream"}]
  }, {
    "name": [
      {"service": "annod.v1.IndexService"},
      {"service": "annod.v1.AdminService", "method": "Serialize"},
      {"service": "grpc.health.v1.Health", "method": "Check"}
    ],
    "retryPolicy": {)",
                      attempt, R"(
      "maxAttempts": 5,
      "initialBackoff": "0.02s",
      "maxBackoff": "0.5s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})");
}

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfigJson(options.attempt_timeout));
  if (options.attempt_timeout != absl::InfiniteDuration()) {
    // gRPC 1.51 knows perAttemptRecvTimeout as a part of this only.
    arguments.SetInt(GRPC_ARG_EXPERIMENTAL_ENABLE_HEDGING, 1);
  }
  // A TXT record of the target's domain must not replace the config above.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 1);
  // A request larger than this buffer would be sent once and not repeated.
  arguments.SetInt(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE,
                   options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  // A worker is back within a second: knock often. (The least gRPC takes is
  // 100 ms. GRPC_ARG_MIN_RECONNECT_BACKOFF_MS is the time a connection attempt
  // may take, not a pause.)
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  // Notices a peer that vanished without closing. Only while calls run, and not
  // so often that a server takes it for abuse.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  if (options.tls.has_value() && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors = client::TokenInterceptors(options);
  if (!options.request_id.empty()) {
    interceptors.push_back(
        std::make_unique<IdInterceptorFactory>(options.request_id));
  }
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.target,
      options.credentials != nullptr ? options.credentials
                                     : grpc::InsecureChannelCredentials(),
      arguments, std::move(interceptors));
}

}  // namespace annod
