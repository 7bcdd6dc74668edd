#include "server/worker/connection_arguments.h"

#include <string>

#include "absl/time/time.h"
#include "grpc/impl/codegen/grpc_types.h"

namespace annod {
namespace {

// Settings are bounded (settings.cc) so that milliseconds fit.
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

void SetConnectionArguments(const Config& config,
                            grpc::ServerBuilder* builder) {
  const auto set = [builder](const char* name, int value) {
    builder->AddChannelArgument(name, value);
  };
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(config.max_connection_age));
  set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
      Milliseconds(config.max_connection_age_grace));
  if (config.max_connection_idle > absl::ZeroDuration()) {
    set(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
        Milliseconds(config.max_connection_idle));
  }
  // Also between calls: a peer that vanished holds a socket until then.
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(config.keepalive_interval));
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(config.keepalive_timeout));
  // So has one that does not even finish the handshakes of TLS and HTTP/2.
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
      Milliseconds(config.keepalive_timeout));
  // A client must not be able to make the server work by pinging.
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      Milliseconds(config.min_ping_interval));
  // Bounds what waits inside gRPC, where no admission sees it.
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, config.max_streams_per_connection);
}

void RefuseCompressed(grpc::ServerBuilder* builder) {
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder->SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
}

}  // namespace annod
