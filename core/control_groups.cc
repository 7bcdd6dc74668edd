#include "core/control_groups.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace annod {
namespace {

// Where Linux distributions mount the hierarchies.
constexpr char kMount[] = "/sys/fs/cgroup";

// `group` below `mount`, and every group above it.
void AddUpwards(const std::string& mount, std::string group,
                std::vector<std::string>* directories) {
  while (!group.empty() && group != "/") {
    directories->push_back(absl::StrCat(mount, group));
    const size_t slash = group.rfind('/');
    group.resize(slash == std::string::npos ? 0 : slash);
  }
  directories->push_back(mount);
}

}  // namespace

std::vector<std::string> ControlGroupDirectories(absl::string_view controller,
                                                 const std::string& root) {
  const std::string mount = absl::StrCat(root, kMount);
  std::vector<std::string> second, first;
  std::ifstream file(absl::StrCat(root, "/proc/self/cgroup"));
  std::string line;
  while (std::getline(file, line)) {
    // "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1; a group's
    // name may contain colons.
    const std::vector<std::string> fields =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    const std::string& group = fields[2];
    if (fields[0] == "0" && fields[1].empty()) {
      AddUpwards(mount, group, &second);
      // Beside version 1 it is mounted here.
      AddUpwards(absl::StrCat(mount, "/unified"), group, &second);
      continue;
    }
    const std::vector<std::string> controllers = absl::StrSplit(fields[1], ',');
    if (std::find(controllers.begin(), controllers.end(), controller) ==
        controllers.end()) {
      continue;
    }
    AddUpwards(absl::StrCat(mount, "/", fields[1]), group, &first);
    if (controllers.size() > 1) {
      AddUpwards(absl::StrCat(mount, "/", controller), group, &first);
    }
  }
  second.insert(second.end(), first.begin(), first.end());
  return second;
}

}  // namespace annod
