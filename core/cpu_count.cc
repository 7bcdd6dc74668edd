#include "core/cpu_count.h"

#include <sched.h>

#include <cmath>
#include <fstream>
#include <optional>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/control_groups.h"

namespace annod {
namespace {

// Processors that a machine may have here.
constexpr int kMaxCpus = 1 << 16;

std::optional<double> NumberIn(std::ifstream* file) {
  std::string word;
  double number;
  if (*file >> word && absl::SimpleAtod(word, &number)) return number;
  return std::nullopt;  // "max" too
}

// Processors that the group of `directory` may use all the time.
std::optional<double> QuotaIn(const std::string& directory) {
  std::ifstream both(absl::StrCat(directory, "/cpu.max"));
  std::optional<double> quota = NumberIn(&both);
  std::optional<double> period = NumberIn(&both);
  if (!quota) {
    std::ifstream quota_file(absl::StrCat(directory, "/cpu.cfs_quota_us"));
    std::ifstream period_file(absl::StrCat(directory, "/cpu.cfs_period_us"));
    quota = NumberIn(&quota_file);
    period = NumberIn(&period_file);
  }
  // Without a quota version 1 says -1.
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

int AffinityCount() {
  for (int cpus = 1024; cpus <= kMaxCpus; cpus *= 2) {
    cpu_set_t* const set = CPU_ALLOC(cpus);
    const size_t size = CPU_ALLOC_SIZE(cpus);
    const bool known = sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (known) return count;
  }
  return 0;
}

}  // namespace

CpuCount UsableCpus(const std::string& root) {
  CpuCount cpus;
  const int machine = static_cast<int>(std::thread::hardware_concurrency());
  const int affinity = AffinityCount();
  cpus.count = machine > 0 ? machine : kMaxCpus;
  if (affinity > 0 && affinity < cpus.count) cpus = {affinity, "cpuset"};
  for (const std::string& directory : ControlGroupDirectories("cpu", root)) {
    const std::optional<double> quota = QuotaIn(directory);
    if (quota && std::ceil(*quota) < cpus.count) {
      cpus = {static_cast<int>(std::ceil(*quota)), "quota"};
    }
  }
  if (cpus.count == kMaxCpus) cpus.count = 1;  // nothing is known
  return cpus;
}

}  // namespace annod
