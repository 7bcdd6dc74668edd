#include "server/config/child_options.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace annod {

std::string WriterAddress(const ChildOptions& options) {
  return absl::StrCat("unix:/proc/self/fd/", options.run_dir_fd, "/",
                      kWriterSocketName);
}

std::string WorkerSocketPath(const ChildOptions& options) {
  return absl::StrCat("/proc/self/fd/", options.run_dir_fd, "/worker-",
                      options.slot, ".sock");
}

}  // namespace annod
