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
#include "core/control_groups.h"

namespace annod {
namespace {

constexpr char kMemInfo[] = "/proc/meminfo";
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

// The limit of the group of `directory`; absent if it has none.
std::optional<uint64_t> LimitOf(const std::string& directory) {
  const auto limit = NumberIn(absl::StrCat(directory, "/memory.max"));
  if (limit) return limit;
  // Where there is none, version 1 gives a number beyond all memory.
  return NumberIn(absl::StrCat(directory, "/memory.limit_in_bytes"));
}

// What it uses. Pages of files count as used, but give way.
std::optional<uint64_t> UseOf(const std::string& directory) {
  auto used = NumberIn(absl::StrCat(directory, "/memory.current"));
  // That of version 1 without "total_" leaves out the groups below.
  const char* const file_pages = used ? "inactive_file" : "total_inactive_file";
  if (!used) used = NumberIn(absl::StrCat(directory, "/memory.usage_in_bytes"));
  if (!used) return std::nullopt;
  std::ifstream stat(absl::StrCat(directory, "/memory.stat"));
  std::string name;
  uint64_t bytes;
  while (stat >> name >> bytes) {
    if (name == file_pages) return Left(*used, bytes);
  }
  return used;
}

uint64_t LeftInControlGroups(const std::string& root) {
  uint64_t left = kUnlimited;
  for (const std::string& directory : ControlGroupDirectories("memory", root)) {
    const auto limit = LimitOf(directory);
    const auto used = UseOf(directory);
    if (limit && used) left = std::min(left, Left(*limit, *used));
  }
  return left;
}

}  // namespace

MemoryBound MemoryBoundOf(const std::string& root) {
  MemoryBound bound;
  const std::string path = absl::StrCat(root, kMemInfo);
  bound.bytes = KilobytesIn(path.c_str(), "MemTotal").value_or(0) * 1024;
  for (const std::string& directory : ControlGroupDirectories("memory", root)) {
    const auto limit = LimitOf(directory);
    if (limit && (bound.bytes == 0 || *limit < bound.bytes)) {
      bound = {*limit, "control group"};
    }
  }
  return bound;
}

uint64_t AvailableMemoryBytes(const std::string& root) {
  uint64_t left = kUnlimited;
  const std::string path = absl::StrCat(root, kMemInfo);
  if (const auto free = KilobytesIn(path.c_str(), "MemAvailable")) {
    left = *free * 1024;
  }
  return std::min({left, LeftInControlGroups(root),
                   LeftBelowLimit(RLIMIT_DATA, "VmData"),
                   LeftBelowLimit(RLIMIT_AS, "VmSize")});
}

}  // namespace annod
