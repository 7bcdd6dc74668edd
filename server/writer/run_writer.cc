#include "server/writer/run_writer.h"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/mapping_faults.h"
#include "core/open_file.h"
#include "core/storage/data_directory.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/resource_quota.h"
#include "server/audit/log_requests.h"
#include "server/config/live_config.h"
#include "server/process/child_process.h"
#include "server/process/free_memory.h"
#include "server/process/memory_limit.h"
#include "server/writer/admin_service.h"
#include "server/writer/follow/follower.h"
#include "server/writer/replication_service.h"
#include "server/writer/state/writer_metrics.h"
#include "server/writer/state/writer_state.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// Every call has a thread here; workers forward fewer calls than this.
constexpr int kMaxThreads = 2000;

std::unique_ptr<grpc::Server> StartServer(const ChildOptions& options,
                                          const Config& config,
                                          AdminServiceImpl* admin,
                                          ReplicationServiceImpl* replication,
                                          SyncHub* sync) {
  // Left behind by a writer that was killed.
  unlinkat(options.run_dir_fd, kWriterSocketName, 0);
  grpc::EnableDefaultHealthCheckService(true);  // for the supervisor
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("writer");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(config.limits.max_message_bytes));
  builder.SetMaxSendMessageSize(-1);
  // Workers ask often whether it is there (stall_times.h).
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddListeningPort(WriterAddress(options),
                           grpc::InsecureServerCredentials());
  LogRequestsOf(&builder);
  builder.RegisterService(admin);
  builder.RegisterService(replication);
  builder.RegisterService(sync);
  return builder.BuildAndStart();
}

}  // namespace

int RunWriter(const ChildOptions& options, const Config& config) {
  BlockChildSignals();
  const absl::Status limited = SetMemoryLimit(config.memory_limit);
  if (!limited.ok()) {
    spdlog::error("cannot start error=\"{}\"", limited.ToString());
    return 1;
  }
  RouteGrpcLog();
  const absl::Status noting = NoteMappingFaults(options.run_dir_fd);
  if (!noting.ok()) {
    spdlog::error("mapping faults not noted error=\"{}\"", noting.ToString());
  }
  SetFileMode(*DataMode(config));  // validated by the supervisor
  const ChildMetrics child_metrics(options);
  LiveConfig live_config(config);
  DataDirectory data(FileSystem::Posix(), config.data_dir);
  WriterMetrics metrics(child_metrics.writer());
  WriterState state(&data, &live_config, &metrics);
  const absl::Status started = state.Start();
  if (!started.ok()) {
    spdlog::error("cannot start error=\"{}\"", started.ToString());
    return 1;
  }
  AdminServiceImpl admin(&state);
  ReplicationServiceImpl replication(&state);
  const std::unique_ptr<grpc::Server> server =
      StartServer(options, config, &admin, &replication, state.hub());
  if (server == nullptr) {
    spdlog::error("cannot listen address={}", WriterAddress(options));
    return 1;
  }
  std::unique_ptr<Follower> follower;
  if (config.follow.empty()) {
    RemoveFetched(data);
  } else {
    follower = std::make_unique<Follower>(MakeVersionSource(config), &state,
                                          &live_config);
    follower->Start();
  }
  spdlog::info("ready indexes={}", state.indexes()->All().size());
  AwaitTermination([&] { ReloadConfig(options, &live_config); },
                   [&] {
                     state.DropExpired();
                     state.LookAtIndexes();
                     ReturnFreeMemory();
                   });
  follower = nullptr;
  state.Drain();
  server->Shutdown(
      absl::ToChronoTime(absl::Now() + live_config.Get()->drain_timeout));
  server->Wait();
  return 0;
}

}  // namespace annod
