// annod: one program, three roles. Started by a person it is the supervisor,
// which starts the others from the same executable
// (server/config/child_options.h).

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/standard_streams.h"
#include "server/access/live_access.h"
#include "server/config/child_options.h"
#include "server/config/command_line.h"
#include "server/config/config.h"
#include "server/config/config_memory.h"
#include "server/process/descriptor_limit.h"
#include "server/process/logging.h"
#include "server/process/process_name.h"
#include "server/supervisor/supervisor.h"
#include "server/tls/tls_files.h"
#include "server/worker/run_worker.h"
#include "server/writer/run_writer.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// A failed start is one line and status 1.
int Fail(const absl::Status& status) {
  std::fprintf(stderr, "annod: %s\n", std::string(status.message()).c_str());
  return 1;
}

// The exit status of what does nothing but print.
int Printed() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  return Fail(absl::UnavailableError("cannot write to standard output"));
}

int RunChild(const ChildOptions& options) {
  NameProcess(options);
  absl::StatusOr<Config> config = ReadConfigMemory(options.config_fd);
  if (!config.ok()) return Fail(config.status());
  const absl::Status logging = InitLogging(
      RoleName(options.role), config->log_level, config->log_format);
  if (!logging.ok()) return Fail(logging);
  return options.role == ChildOptions::Role::kWorker
             ? RunWorker(options, *config)
             : RunWriter(options, *config);
}

int RunSupervisor(const CommandLine& command_line, const Config& config) {
  const absl::Status logging =
      InitLogging("supervisor", config.log_level, config.log_format);
  if (!logging.ok()) return Fail(logging);
  const absl::StatusOr<int64_t> descriptors = RaiseDescriptorLimit();
  // Fewer will do; a sandbox may forbid it.
  if (!descriptors.ok()) {
    spdlog::warn("limit of descriptors not raised error=\"{}\"",
                 std::string(descriptors.status().message()));
  }
  SupervisorOptions options;
  options.reload = [&command_line] { return LoadConfig(command_line); };
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor =
      Supervisor::Start(config, std::move(options));
  if (!supervisor.ok()) {
    FlushLog();
    return Fail(supervisor.status());
  }
  std::printf("%s\n", (*supervisor)->Announcement().c_str());
  std::fflush(stdout);
  const int status = (*supervisor)->Run();
  FlushLog();
  // All is durable and the children are gone; what is left are threads that
  // wait for nothing.
  std::fflush(nullptr);
  _exit(status);
}

int Main(int argc, char** argv) {
  PrepareProcess();
  IgnoreStraySignals();
  // Debian's Abseil looks for cycles at every lock, those of gRPC included; the
  // thread sanitizer's tests do that here.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::StatusOr<CommandLine> command_line = ParseCommandLine(argc, argv);
  if (!command_line.ok()) return Fail(command_line.status());
  if (command_line->text.has_value()) {
    std::fputs(command_line->text->c_str(), stdout);
    return Printed();
  }
  if (command_line->child.has_value()) return RunChild(*command_line->child);

  absl::StatusOr<Config> config = LoadConfig(*command_line);
  if (!config.ok()) return Fail(config.status());
  if (command_line->check_config) {
    const absl::Status access = LiveAccess::Open(config->access_file).status();
    if (!access.ok()) return Fail(access);
    if (UsesTls(*config)) {
      const absl::Status usable = ReadTlsPair(*config).status();
      if (!usable.ok()) return Fail(usable);
    }
    std::puts("annod: the configuration is valid");
    return Printed();
  }
  return RunSupervisor(*command_line, *config);
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) { return annod::Main(argc, argv); }
