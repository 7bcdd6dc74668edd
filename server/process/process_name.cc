#include "server/process/process_name.h"

#include <sys/prctl.h>

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

std::string Name(const ChildOptions& options, const char* before_role,
                 const char* before_slot) {
  std::string name = absl::StrCat("annod", before_role, RoleName(options.role));
  if (options.role == ChildOptions::Role::kWorker) {
    absl::StrAppend(&name, before_slot, options.slot);
  }
  return name;
}

}  // namespace

std::string ProcessTitle(const ChildOptions& options) {
  return Name(options, ": ", " ");
}

void NameProcess(const ChildOptions& options) {
  prctl(PR_SET_NAME, Name(options, "-", "-").c_str(), 0, 0, 0);
}

}  // namespace annod
