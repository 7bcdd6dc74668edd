#include "server/supervisor/probe_call.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel_posix.h"
#include "server/config/child_options.h"

namespace annod {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;

namespace {

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // Otherwise channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return arguments;
}

}  // namespace

ProbeCall::ProbeCall(int slot, int64_t life, const std::string& address,
                     absl::Duration timeout, grpc::CompletionQueue* queue)
    : slot(slot), life(life), source_port(0) {
  Start(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                  Arguments()),
        timeout, queue);
}

ProbeCall::ProbeCall(int slot, int64_t life,
                     const SourcedConnection& connection,
                     absl::Duration timeout, grpc::CompletionQueue* queue)
    : slot(slot), life(life), source_port(connection.source_port) {
  context_.AddMetadata(kProbeMetadata, "1");
  Start(grpc::CreateCustomInsecureChannelFromFd("annod", connection.fd,
                                                Arguments()),
        timeout, queue);
}

void ProbeCall::Start(std::shared_ptr<grpc::Channel> channel,
                      absl::Duration timeout, grpc::CompletionQueue* queue) {
  stub_ = Health::NewStub(std::move(channel));
  context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  call_ = stub_->AsyncCheck(&context_, HealthCheckRequest(), queue);
  call_->Finish(&response_, &status_, this);
}

bool ProbeCall::answered() const {
  return status_.error_code() != grpc::StatusCode::UNAVAILABLE &&
         status_.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED &&
         status_.error_code() != grpc::StatusCode::CANCELLED;
}

std::optional<int> ProbeCall::answered_by() const {
  const auto& trailers = context_.GetServerTrailingMetadata();
  const auto found = trailers.find(kProbeMetadata);
  int slot = 0;
  if (!answered() || found == trailers.end() ||
      !absl::SimpleAtoi(
          absl::string_view(found->second.data(), found->second.size()),
          &slot)) {
    return std::nullopt;
  }
  return slot;
}

}  // namespace annod
