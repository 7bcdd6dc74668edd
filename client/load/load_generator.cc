#include "client/load/load_generator.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "client/token_source.h"
#include "core/status_macros.h"

namespace annod::load {
namespace {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const LoadOptions& options) {
  if (!options.tls.has_value()) return grpc::InsecureChannelCredentials();
  return MakeTlsCredentials(*options.tls);
}

std::shared_ptr<grpc::Channel> MakeConnection(
    const LoadOptions& options,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // Channels with equal arguments would share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Every failure is to be seen.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetServiceConfigJSON(
      R"({"loadBalancingConfig": [{"round_robin": {}}]})");
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetMaxReceiveMessageSize(-1);
  if (options.tls.has_value() && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  ClientOptions sender;
  sender.token = options.token;
  sender.token_file = options.token_file;
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.target, credentials, arguments,
      client::TokenInterceptors(sender));
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

LoadGenerator::LoadGenerator(const LoadOptions& options,
                             std::vector<Request> requests)
    : options_(options), requests_(std::move(requests)) {}

absl::StatusOr<std::unique_ptr<LoadGenerator>> LoadGenerator::Connect(
    const LoadOptions& options, std::vector<Request> requests) {
  auto generator =
      absl::WrapUnique(new LoadGenerator(options, std::move(requests)));
  const int connections = std::max(1, options.connections);
  ANNOD_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(options));
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < connections; ++i) {
    channels.push_back(MakeConnection(options, credentials));
    channels.back()->GetState(/*try_to_connect=*/true);
  }
  const auto deadline = std::chrono::system_clock::now() +
                        absl::ToChronoNanoseconds(options.connect_timeout);
  for (int i = 0; i < connections; ++i) {
    if (channels[i]->WaitForConnected(deadline)) continue;
    return absl::UnavailableError(
        absl::StrCat("connection ", i + 1, " of ", connections, " to ",
                     options.target, " did not come about within ",
                     absl::FormatDuration(options.connect_timeout)));
  }
  const int lanes = std::clamp(options.threads, 1, connections);
  for (int lane = 0; lane < lanes; ++lane) {
    std::vector<std::shared_ptr<grpc::Channel>> of_lane;
    for (int i = lane; i < connections; i += lanes) {
      of_lane.push_back(channels[i]);
    }
    LaneOptions lane_options;
    lane_options.timeout = options.timeout;
    lane_options.n = options.n;
    lane_options.first_request =
        static_cast<int>(generator->requests_.size() * lane / lanes);
    if (options.stream) {
      generator->stream_lanes_.push_back(std::make_unique<StreamLane>(
          lane_options, of_lane, &generator->requests_));
    } else {
      generator->lanes_.push_back(
          std::make_unique<Lane>(lane_options, of_lane, &generator->requests_));
    }
  }
  return generator;
}

LoadResult LoadGenerator::Run(const Load& load) {
  const int lanes = static_cast<int>(lanes_.size() + stream_lanes_.size());
  Window window;
  window.start = NowNs();
  window.from = window.start + absl::ToInt64Nanoseconds(load.warm_up);
  window.until = window.from + absl::ToInt64Nanoseconds(load.duration);
  window.stopped = &stopped_;
  std::vector<LoadResult> results(lanes);
  std::vector<std::thread> threads;
  threads.reserve(lanes);
  const double cpu = CpuSeconds();
  for (int i = 0; i < lanes; ++i) {
    threads.emplace_back([&, i] {
      if (load.rate) {
        results[i] = lanes_[i]->RunOpen(
            Arrivals(load.arrivals, *load.rate, i, lanes, load.seed),
            std::max(1, load.max_in_flight / lanes), window);
      } else {
        const int share =
            load.concurrency / lanes + (i < load.concurrency % lanes ? 1 : 0);
        results[i] = options_.stream
                         ? stream_lanes_[i]->RunClosed(share, window)
                         : lanes_[i]->RunClosed(share, window);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  LoadResult whole;
  for (const LoadResult& result : results) Merge(result, &whole);
  const int64_t end = stopped_ ? std::min(NowNs(), window.until) : window.until;
  const int64_t measured = end - window.from;
  whole.seconds = static_cast<double>(std::max<int64_t>(measured, 1)) * 1e-9;
  whole.client_cpu_seconds = CpuSeconds() - cpu;
  return whole;
}

}  // namespace annod::load
