// What the graph of an index of annod answers without a server around it: the
// search alone, on one thread.
//
//   bazel run //bench:version_qps -- --data_dir DIR --index NAME
//       --data ~/annod-data/words-100-angular.hdf5 --beam 40 --seconds 2
//
// Prints one JSON object: {"recall", "queries_per_second", "cpu_us_per_query"}.

#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/opened_version.h"
#include "core/search/forest_index.h"
#include "core/status_macros.h"

namespace annod {
namespace {

struct Flags {
  std::string data_dir;
  std::string index;
  std::string data;
  int k = 10;
  int beam = 0;
  int64_t queries = 2000;
  double seconds = 2;
};

double ThreadCpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

int64_t Matches(const std::vector<Neighbor>& found,
                const std::vector<int32_t>& truth, int k) {
  return std::count_if(found.begin(), found.end(), [&](const Neighbor& one) {
    return std::find(truth.begin(), truth.begin() + k, one.id) !=
           truth.begin() + k;
  });
}

absl::Status Run(const Flags& flags) {
  ANNOD_ASSIGN_OR_RETURN(
      const OpenedVersion opened,
      OpenForBench(flags.data_dir, flags.index, flags.data, flags.queries));
  const BenchDataset& data = opened.data;
  const OpenVersion& version = *opened.version;
  if (data.neighbors.empty() ||
      static_cast<int>(data.neighbors[0].size()) < flags.k) {
    return absl::InvalidArgumentError(absl::StrCat(
        flags.data, " does not tell ", flags.k, " neighbours of a query"));
  }
  SearchOptions options;
  options.n = flags.k;
  options.beam = flags.beam;
  options.engine = Engine::kGraph;
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  SearchStats stats;
  int64_t matches = 0;
  const int64_t count = data.test.slot_count();
  for (int64_t i = 0; i < count; ++i) {
    ANNOD_RETURN_IF_ERROR(version.Search(data.test.row(i), options,
                                         scratch.get(), &found, &stats));
    matches += Matches(found, data.neighbors[i], flags.k);
  }
  int64_t asked = 0;
  const absl::Time start = absl::Now();
  const double cpu = ThreadCpuSeconds();
  const absl::Time end = start + absl::Seconds(flags.seconds);
  while (absl::Now() < end) {
    for (int i = 0; i < 64; ++i) {
      ANNOD_RETURN_IF_ERROR(version.Search(data.test.row(asked++ % count),
                                           options, scratch.get(), &found,
                                           &stats));
    }
  }
  const auto total = static_cast<double>(asked);
  std::printf(
      "{\"recall\": %.4f, \"queries_per_second\": %.1f, "
      "\"cpu_us_per_query\": %.3f}\n",
      static_cast<double>(matches) / static_cast<double>(count * flags.k),
      total / absl::ToDoubleSeconds(absl::Now() - start),
      (ThreadCpuSeconds() - cpu) / total * 1e6);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Searches the graph of an index of annod, without a server.");
  app.add_option("--data_dir", flags.data_dir, "of annod")->required();
  app.add_option("--index", flags.index, "its name")->required();
  app.add_option("--data", flags.data, "HDF5 file with queries")->required();
  app.add_option("--k", flags.k, "neighbours")->check(CLI::Range(1, 10000));
  app.add_option("--beam", flags.beam, "beam width; 0: the engine's default")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--queries", flags.queries, "different queries, at most")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", flags.seconds, "to measure")
      ->check(CLI::Range(0.01, 3600.0));
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Run(flags);
  if (!status.ok()) {
    std::fprintf(stderr, "version_qps: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) {
  try {
    return annod::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "version_qps: %s\n", error.what());
    return 1;
  }
}
