// tests/endurance/run: sweeps of stops, by kind, and what they found.

#include <getopt.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/e2e/annod_process.h"
#include "tests/endurance/full_disk_sweep.h"
#include "tests/endurance/kill_sweep.h"
#include "tests/endurance/storage_sweep.h"

namespace annod::endurance {
namespace {

constexpr char kUsage[] =
    "tests/endurance/run [--kinds LIST] [--kills N] [--seconds S] [--seed X]\n"
    "\n"
    "  --kinds LIST    of kill,fulldisk,fsync,fullfs,unsynced; default all\n"
    "  --kills N       stops of each kind; default 100\n"
    "  --seconds S     of each kind at most; default no limit\n"
    "  --seed X        of all that is random; default 1\n"
    "\n"
    "kill      SIGKILL of any process of a real annod under load\n"
    "fulldisk  a real annod on a disk that is full (tmpfs; needs root)\n"
    "fsync     in one process: fsync fails from the k-th operation on\n"
    "fullfs    in one process: the disk is full from the k-th operation on\n"
    "unsynced  in one process: power cut at the k-th operation\n"
    "\n"
    "Status 1 if anything acknowledged was lost, or removed and came back.\n";

struct Arguments {
  std::vector<std::string> kinds = {"kill", "fulldisk", "fsync", "fullfs",
                                    "unsynced"};
  SweepOptions sweep;
  absl::Duration limit = absl::InfiniteDuration();
};

[[noreturn]] void Usage(int status) {
  (status == 0 ? std::cout : std::cerr) << kUsage;
  std::exit(status);
}

Arguments Parse(int argc, char** argv) {
  const option options[] = {{"kinds", required_argument, nullptr, 'k'},
                            {"kills", required_argument, nullptr, 'n'},
                            {"seconds", required_argument, nullptr, 's'},
                            {"seed", required_argument, nullptr, 'r'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  int letter = 0;
  while ((letter = getopt_long(argc, argv, "h", options, nullptr)) != -1) {
    double seconds = 0;
    bool good = true;
    switch (letter) {
      case 'k':
        arguments.kinds = absl::StrSplit(optarg, ',');
        break;
      case 'n':
        good = absl::SimpleAtoi(optarg, &arguments.sweep.stops);
        break;
      case 's':
        good = absl::SimpleAtod(optarg, &seconds) && seconds > 0;
        arguments.limit = absl::Seconds(seconds);
        break;
      case 'r':
        good = absl::SimpleAtoi(optarg, &arguments.sweep.seed);
        break;
      case 'h':
        Usage(0);
      default:
        good = false;
    }
    if (!good) Usage(2);
  }
  if (optind != argc) Usage(2);
  return arguments;
}

int Main(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  const std::string directory = testing::NewTempDir();
  const auto storage = [](StorageFault fault) {
    return [fault](const SweepOptions& o) { return SweepStorage(fault, o); };
  };
  const std::map<std::string, std::function<Report(const SweepOptions&)>>
      kinds = {
          {"kill",
           [&](const SweepOptions& options) {
             return SweepKills(options, directory + "/data");
           }},
          {"fulldisk",
           [&](const SweepOptions& options) {
             const std::string mount_point = directory + "/disk";
             std::filesystem::create_directory(mount_point);
             return SweepFullDisk(options, mount_point);
           }},
          {"fsync", storage(StorageFault::kFsync)},
          {"fullfs", storage(StorageFault::kFull)},
          {"unsynced", storage(StorageFault::kUnsynced)},
      };
  for (const std::string& kind : arguments.kinds) {
    if (kinds.count(kind) == 0) Usage(2);
  }
  Report all;
  const absl::Time begin = absl::Now();
  for (const std::string& kind : arguments.kinds) {
    SweepOptions options = arguments.sweep;
    const absl::Time start = absl::Now();
    options.deadline = start + arguments.limit;
    const Report report = kinds.at(kind)(options);
    std::cout << Summary(kind, report,
                         absl::ToDoubleSeconds(absl::Now() - start))
              << std::endl;
    for (const std::string& fault : report.faults) {
      std::cout << "  " << fault << std::endl;
    }
    all.Add(report);
  }
  std::cout << Summary("all", all, absl::ToDoubleSeconds(absl::Now() - begin))
            << std::endl;
  std::error_code ignored;
  // What is wrong can be looked at.
  if (all.ok()) {
    std::filesystem::remove_all(directory, ignored);
  } else {
    std::cout << "the data: " << directory << std::endl;
  }
  return all.ok() ? 0 : 1;
}

}  // namespace
}  // namespace annod::endurance

int main(int argc, char** argv) { return annod::endurance::Main(argc, argv); }
