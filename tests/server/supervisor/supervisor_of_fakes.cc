// annod with $ANNOD_FAKE_CHILD in the place of its children.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "server/config/command_line.h"
#include "server/process/logging.h"
#include "server/supervisor/supervisor.h"

int main(int argc, char** argv) {
  absl::StatusOr<annod::CommandLine> command_line =
      annod::ParseCommandLine(argc, argv);
  if (!command_line.ok()) return 2;
  absl::StatusOr<annod::Config> config = annod::LoadConfig(*command_line);
  if (!config.ok()) return 2;
  if (!annod::InitLogging("supervisor", config->log_level).ok()) return 2;

  annod::SupervisorOptions options;
  options.child_program = std::getenv("ANNOD_FAKE_CHILD");
  options.reload = [&] { return annod::LoadConfig(*command_line); };
  options.restart.first_delay = absl::Milliseconds(50);
  options.restart.max_delay = absl::Milliseconds(200);
  options.kill_slack = absl::Milliseconds(100);
  auto supervisor = annod::Supervisor::Start(*config, options);
  if (!supervisor.ok()) {
    std::fprintf(stderr, "annod: %s\n",
                 std::string(supervisor.status().message()).c_str());
    return 1;
  }
  std::printf("%s\n", (*supervisor)->Announcement().c_str());
  std::fflush(stdout);
  const int status = (*supervisor)->Run();
  annod::FlushLog();
  _exit(status);
}
