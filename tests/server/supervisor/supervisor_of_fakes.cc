// annod with $ANNOD_FAKE_CHILD in the place of its children. If the file
// $ANNOD_FAKE_MODE says clock_back, its clock is set back by an hour.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "server/config/command_line.h"
#include "server/process/logging.h"
#include "server/supervisor/supervisor.h"
#include "tests/core/testing/set_clock.h"

namespace {

void SetClockWhenTold() {
  static annod::SetClock clock;
  for (;; absl::SleepFor(absl::Milliseconds(20))) {
    std::stringstream mode;
    mode << std::ifstream(std::getenv("ANNOD_FAKE_MODE")).rdbuf();
    if (absl::StrContains(mode.str(), "clock_back")) break;
  }
  clock.Set(-absl::Hours(1));
  std::fprintf(stderr, "the clock was set back\n");
}

}  // namespace

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
  std::thread(SetClockWhenTold).detach();
  const int status = (*supervisor)->Run();
  annod::FlushLog();
  _exit(status);
}
