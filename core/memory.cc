#include "core/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace annod {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// The kilobytes behind `name` in a file of "name:  number kB" lines.
std::optional<uint64_t> KilobytesIn(const char* path, absl::string_view name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    uint64_t kilobytes;
    if (words.size() >= 2 && words[0] == name &&
        absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes;
    }
  }
  return std::nullopt;
}

std::optional<uint64_t> NumberIn(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  uint64_t number;
  if (file >> word && absl::SimpleAtoi(word, &number)) return number;
  return std::nullopt;  // "max" too
}

uint64_t Left(uint64_t limit, uint64_t used) {
  return limit > used ? limit - used : 0;
}

uint64_t LeftBelowLimit(int resource, absl::string_view used_name) {
  rlimit limit;
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return kUnlimited;
  }
  const auto used = KilobytesIn("/proc/self/status", used_name);
  return Left(limit.rlim_cur, used.value_or(0) * 1024);
}

// Every group from the process's own up to the root may have a limit.
uint64_t LeftInControlGroups() {
  std::ifstream file("/proc/self/cgroup");
  std::string line, group;
  while (std::getline(file, line)) {
    if (line.rfind("0::", 0) == 0) group = line.substr(3);
  }
  uint64_t left = kUnlimited;
  while (!group.empty()) {
    const std::string directory = absl::StrCat("/sys/fs/cgroup", group);
    const auto limit = NumberIn(absl::StrCat(directory, "/memory.max"));
    const auto used = NumberIn(absl::StrCat(directory, "/memory.current"));
    if (limit && used) {
      // Pages of files count as used, but give way.
      const auto file_pages = [&]() -> uint64_t {
        std::ifstream stat(absl::StrCat(directory, "/memory.stat"));
        std::string name;
        uint64_t bytes;
        while (stat >> name >> bytes) {
          if (name == "inactive_file") return bytes;
        }
        return 0;
      };
      left = std::min(left, Left(*limit, Left(*used, file_pages())));
    }
    group.resize(group.rfind('/'));
  }
  return left;
}

}  // namespace

uint64_t AvailableMemoryBytes() {
  uint64_t left = kUnlimited;
  if (const auto free = KilobytesIn("/proc/meminfo", "MemAvailable")) {
    left = *free * 1024;
  }
  return std::min({left, LeftInControlGroups(),
                   LeftBelowLimit(RLIMIT_DATA, "VmData"),
                   LeftBelowLimit(RLIMIT_AS, "VmSize")});
}

}  // namespace annod
