// Stands in for a worker or the writer in tests of the supervisor. It writes
// what happens to it into the file $ANNOD_FAKE_LOG, a line an event, and
// misbehaves as told by the words in the file $ANNOD_FAKE_MODE:
//   crash_<role>           exits with status 3 at once
//   ignore_sigterm_<role>  lives on
//   not_ready              a worker that does not say it is ready

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/command_line.h"
#include "server/config/config_memory.h"
#include "server/metrics/metrics_page.h"

namespace annod {
namespace {

std::string ReadMode() {
  std::stringstream text;
  text << std::ifstream(getenv("ANNOD_FAKE_MODE")).rdbuf();
  return text.str();
}

class FakeChild {
 public:
  explicit FakeChild(const ChildOptions& options)
      : options_(options), role_(RoleName(options.role)), mode_(ReadMode()) {}

  int Run() {
    Log(absl::StrCat("start stdin=", StandardInput(), " fds=", OpenFds()));
    if (Has("crash")) return 3;
    absl::StatusOr<Config> config = ReadConfigMemory(options_.config_fd);
    absl::StatusOr<std::unique_ptr<MetricsPage>> page =
        MetricsPage::FromFd(options_.metrics_fd);
    if (!config.ok() || !page.ok()) {
      Log(absl::StrCat("bad ", config.status().ToString(),
                       page.status().ToString()));
      return 4;
    }
    Log(absl::StrCat("config listen=", config->listen,
                     " workers=", config->workers));
    const auto writer = (*page)->Writer(options_.slot);
    if (!absl::StrContains(mode_, "not_ready")) BeReady(*config, writer.get());
    writer
        ->GetCounter("annod_queries_total",
                     {{"index", "words"}, {"engine", "forest"}})
        .Add(10);
    return AwaitEnd();
  }

 private:
  bool Has(const std::string& fault) const {
    return absl::StrContains(mode_, fault + "_" + role_);
  }

  void BeReady(const Config& config, MetricsWriter* writer) {
    if (options_.role != ChildOptions::Role::kWorker) return;
    writer->GetGauge("annod_index_create_time_seconds", {{"index", "words"}})
        .Set(1);
    writer->GetGauge("annod_worker_ready", {}).Set(1);
    writer
        ->GetGauge("annod_index_state",
                   {{"index", "words"}, {"state", "serving"}})
        .Set(1);
  }

  int AwaitEnd() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    for (;;) {
      int number = 0;
      sigwait(&signals, &number);
      if (number == SIGHUP) {
        const absl::StatusOr<Config> config =
            ReadConfigMemory(options_.config_fd);
        Log(absl::StrCat("hup log_level=",
                         config.ok() ? config->log_level : "?"));
        continue;
      }
      Log("term");
      if (Has("ignore_sigterm")) continue;
      Log("end");
      return 0;
    }
  }

  void Log(const std::string& event) const {
    const std::string line = absl::StrCat(role_, " ", options_.slot, " ",
                                          getpid(), " ", event, "\n");
    const int fd = open(getenv("ANNOD_FAKE_LOG"),
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    (void)!write(fd, line.data(), line.size());
    close(fd);
  }

  static std::string StandardInput() {
    char target[256] = {};
    (void)!readlink("/proc/self/fd/0", target, sizeof(target) - 1);
    return target;
  }

  static int OpenFds() {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) count += fcntl(fd, F_GETFD) >= 0;
    return count;
  }

  const ChildOptions options_;
  const std::string role_;
  const std::string mode_;
};

}  // namespace
}  // namespace annod

int main(int argc, char** argv) {
  absl::StatusOr<annod::CommandLine> command_line =
      annod::ParseCommandLine(argc, argv);
  if (!command_line.ok() || !command_line->child.has_value()) return 2;
  return annod::FakeChild(*command_line->child).Run();
}
