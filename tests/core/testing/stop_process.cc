#include "tests/core/testing/stop_process.h"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace annod {
namespace {

// The state follows the name of the program, which is in parentheses.
bool StandsStill(const std::string& task) {
  std::ifstream in(task + "/stat");
  std::string stat;
  std::getline(in, stat);
  const size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos &&
         (stat[name_end + 2] == 'T' || stat[name_end + 2] == 't');
}

bool AllStandStill(pid_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator tasks(
      absl::StrCat("/proc/", pid, "/task"), error);
  if (error) return false;
  for (const auto& task : tasks) {
    if (!StandsStill(task.path().string())) return false;
  }
  return true;
}

}  // namespace

bool StopProcess(pid_t pid) {
  if (kill(pid, SIGSTOP) != 0) return false;
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  // Twice: one that ran might have begun another.
  for (int times = 0; times < 2;) {
    times = AllStandStill(pid) ? times + 1 : 0;
    if (times > 0) continue;
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

}  // namespace annod
