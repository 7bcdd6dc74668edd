#include "core/thread_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/control_groups.h"

namespace annod {
namespace {

std::terminate_handler previous_handler = nullptr;

std::string WordIn(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

std::string LimitText(int resource) {
  rlimit limit;
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return "any number of";
  }
  return absl::StrCat(limit.rlim_cur);
}

std::string ControlGroupsText() {
  std::string text;
  for (const std::string& directory : ControlGroupDirectories("pids")) {
    const std::string limit = WordIn(absl::StrCat(directory, "/pids.max"));
    if (!limit.empty() && limit != "max") {
      absl::StrAppend(&text, ", control group ", directory, " ", limit,
                      " and has ",
                      WordIn(absl::StrCat(directory, "/pids.current")),
                      " (pids.max, TasksMax=, --pids-limit)");
    }
  }
  return text;
}

[[noreturn]] void Terminate() {
  try {
    if (std::current_exception() != nullptr) throw;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) {
      std::fprintf(stderr, "%s: cannot start another thread: %s\n",
                   program_invocation_short_name, ThreadLimits().c_str());
      _exit(1);
    }
  } catch (...) {
  }
  previous_handler();
  std::abort();
}

}  // namespace

std::string ThreadLimits() {
  std::string text = absl::StrCat("the user may have ", LimitText(RLIMIT_NPROC),
                                  " threads and processes (ulimit -u, "
                                  "LimitNPROC=)",
                                  ControlGroupsText());
  const std::string threads = WordIn("/proc/sys/kernel/threads-max");
  if (!threads.empty()) {
    absl::StrAppend(&text, ", the machine ", threads, " (kernel.threads-max)");
  }
  rlimit memory;
  if (getrlimit(RLIMIT_AS, &memory) == 0 && memory.rlim_cur != RLIM_INFINITY) {
    absl::StrAppend(&text, ", the process ", memory.rlim_cur,
                    " bytes of addresses (ulimit -v), of which every thread "
                    "takes its stack");
  }
  return text;
}

void ExplainThreadFailures() {
  previous_handler = std::set_terminate(Terminate);
}

}  // namespace annod
