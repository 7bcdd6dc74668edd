#include "server/config/child_options.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace annod {

std::string WriterAddress(const ChildOptions& options) {
  return absl::StrCat("unix:/proc/self/fd/", options.run_dir_fd, "/",
                      kWriterSocketName);
}

}  // namespace annod
