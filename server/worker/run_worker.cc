#include "server/worker/run_worker.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "core/file_system.h"
#include "core/mapping_faults.h"
#include "core/open_file.h"
#include "core/storage/data_directory.h"
#include "server/access/access_control.h"
#include "server/config/live_config.h"
#include "server/process/child_process.h"
#include "server/process/memory_limit.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/worker_server.h"
#include "spdlog/spdlog.h"

namespace annod {

int RunWorker(const ChildOptions& options, const Config& config) {
  BlockChildSignals();
  const absl::Status limited = SetMemoryLimit(config.memory_limit);
  if (!limited.ok()) {
    spdlog::error("cannot start error=\"{}\"", limited.ToString());
    return 1;
  }
  // See callback_queue.h. No thread runs yet, nor does gRPC.
  setenv("GRPC_POLL_STRATEGY", "epoll1", /*overwrite=*/1);
  RouteGrpcLog();
  const absl::Status noting = NoteMappingFaults(options.run_dir_fd);
  if (!noting.ok()) {
    spdlog::error("mapping faults not noted error=\"{}\"", noting.ToString());
  }
  SetFileMode(*DataMode(config));  // validated by the supervisor
  const ChildMetrics child_metrics(options);
  LiveConfig live_config(config);
  DataDirectory data(FileSystem::Posix(), config.data_dir);
  absl::StatusOr<std::unique_ptr<LiveAccess>> access_file =
      LiveAccess::Open(config.access_file, options.access_fd);
  if (options.access_fd >= 0) close(options.access_fd);
  if (!access_file.ok()) {
    spdlog::error("cannot start slot={} error=\"{}\"", options.slot,
                  access_file.status().ToString());
    return 1;
  }
  AccessControl access(access_file->get(), &live_config,
                       child_metrics.writer());
  SetProcessAccess(&access);
  WorkerMetrics metrics(child_metrics.writer());
  WorkerServer server(options, &live_config, &data, &access, &metrics);
  const absl::Status started = server.Start();
  if (!started.ok()) {
    spdlog::error("cannot start slot={} error=\"{}\"", options.slot,
                  started.ToString());
    return 1;
  }
  AwaitTermination(
      [&] {
        ReloadConfig(options, &live_config);
        access.LookAgain(/*by_force=*/true);
        server.ConfigChanged();
      },
      [&] {
        access.LookAgain();
        server.Tick();
      });
  server.Drain();
  return 0;
}

}  // namespace annod
