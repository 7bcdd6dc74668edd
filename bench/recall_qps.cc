// Recall against queries per second of our engines and of other libraries, over
// a data set in the layout of ann-benchmarks, with one query thread.
//
//   bazel run //bench:recall_qps -- --data words-100-angular.hdf5

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/bench_output.h"
#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/measurement.h"
#include "bench/recall_curve.h"
#include "core/file_system.h"
#include "core/simd/target.h"
#include "core/status_macros.h"

namespace annod {
namespace {

struct Flags {
  std::string data;
  std::vector<std::string> engines = {"graph", "forest",  "exact",
                                      "annoy", "hnswlib", "faiss"};
  int64_t queries = 2000;
  bool json = false;
  std::string kernels;
  BenchOptions build;
  MeasureOptions measure;
};

// Far enough for the hardest data; easy data never gets there
// (MeasureOptions::enough_recall).
BenchOptions DefaultOptions() {
  BenchOptions options;
  for (int search_k = 500; search_k <= 1'024'000; search_k *= 2) {
    options.search_k.push_back(search_k);
  }
  options.beams = {10,  16,  24,  32,  48,  64,   96,   128,
                   192, 256, 400, 600, 900, 1400, 2000, 3000};
  options.ef = options.beams;
  options.nprobe = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  options.k_factor = {4, 16, 64};
  return options;
}

absl::Status CheckNeighbors(const BenchDataset& data, int k) {
  for (const auto& neighbors : data.neighbors) {
    if (k > static_cast<int>(neighbors.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("k is ", k, "; the data set lists ", neighbors.size(),
                       " neighbours for a query"));
    }
  }
  return absl::OkStatus();
}

absl::Status Prepare(const Flags& flags, const BenchDataset& data,
                     std::vector<EngineCurve>* curves) {
  for (const std::string& name : flags.engines) {
    absl::FPrintF(stderr, "preparing %s\n", name);
    std::vector<std::unique_ptr<BenchEngine>> engines;
    const absl::Status status =
        MakeBenchEngines(name, data, flags.build, &engines);
    if (absl::IsUnimplemented(status)) {
      absl::FPrintF(stderr, "left out: %s\n", std::string(status.message()));
      continue;
    }
    ANNOD_RETURN_IF_ERROR(status);
    for (auto& engine : engines) curves->push_back({std::move(engine), {}});
  }
  return absl::OkStatus();
}

absl::Status Run(Flags flags) {
  ANNOD_ASSIGN_OR_RETURN(const BenchDataset data,
                         ReadHdf5Dataset(flags.data, flags.queries));
  ANNOD_RETURN_IF_ERROR(CheckNeighbors(data, flags.measure.k));
  FileSystem* fs = FileSystem::Posix();
  std::string& directory = flags.build.directory;
  const bool temporary = directory.empty();
  if (temporary) {
    const char* const parent = std::getenv("TMPDIR");
    directory =
        JoinPath(parent == nullptr ? P_tmpdir : parent, "recall_qps.XXXXXX");
    if (mkdtemp(directory.data()) == nullptr) {
      return absl::ErrnoToStatus(
          errno, absl::StrCat("cannot make a directory like ", directory));
    }
  } else if (!fs->Stat(directory).ok()) {
    ANNOD_RETURN_IF_ERROR(fs->CreateDirectory(directory));
  }
  std::vector<EngineCurve> curves;
  const absl::Status prepared = Prepare(flags, data, &curves);
  // What is mapped or loaded stays usable.
  if (temporary) fs->RemoveRecursively(directory).IgnoreError();
  ANNOD_RETURN_IF_ERROR(prepared);
  MeasureInTurns(data, flags.measure, &curves);
  const std::string text =
      flags.json ? JsonLines(curves)
                 : absl::StrCat(DescribeRun(flags.data, data, flags.build,
                                            flags.measure),
                                CurveTable(curves), RatioTables(curves));
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

void AddSettings(CLI::App* app, const std::string& flag,
                 const std::string& help, std::vector<int>* values) {
  app->add_option(flag, *values, help)
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
}

void AddFlags(CLI::App* app, Flags* flags) {
  BenchOptions& build = flags->build;
  MeasureOptions& measure = flags->measure;
  app->add_option("--data", flags->data, "HDF5 file of ann-benchmarks' layout")
      ->required();
  app->add_option("--k", measure.k, "neighbours to ask for")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--engines", flags->engines,
                  "some of graph,forest,exact,annoy,hnswlib,faiss")
      ->delimiter(',')
      ->capture_default_str();
  app->add_option("--trees", build.trees, "of forest and annoy")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app->add_option("--graph_trees", build.graph_trees,
                  "of the forest that the graph is cut from")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app->add_option("--degree", build.degree,
                  "of the graph; 0: as suits the data")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app->add_option("--code_bits", build.code_bits,
                  "of a component in the graph's codes; 0: as suits the data")
      ->check(CLI::IsMember({0, 1, 2, 4, 8, 16}))
      ->capture_default_str();
  app->add_option("--seed", build.seed)->capture_default_str();
  app->add_option("--build_threads", build.threads,
                  "of every engine; as many as there are cores unless given")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app->add_option("--kernels", flags->kernels,
                  absl::StrCat("of graph, forest and exact, one of ",
                               absl::StrJoin(SimdTargets(), ","),
                               "; the first unless given"));
  app->add_option("--index_dir", build.directory,
                  "keep indexes here and use those that are here");
  app->add_option("--queries", flags->queries, "at most; 0: all")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  AddSettings(app, "--search_k", "to try, for forest and annoy",
              &build.search_k);
  AddSettings(app, "--beams", "to try, for graph", &build.beams);
  AddSettings(app, "--ef", "to try, for hnswlib and faiss", &build.ef);
  AddSettings(app, "--nprobe", "to try, for faiss", &build.nprobe);
  AddSettings(app, "--k_factor", "to try with each nprobe", &build.k_factor);
  app->add_option("--rounds", measure.rounds)
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--max_seconds", measure.max_seconds,
                  "of CPU time for one setting in one round")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app->add_option("--enough_recall", measure.enough_recall,
                  "an engine that reaches it is asked for no more")
      ->check(CLI::Range(0.0, 1.1))
      ->capture_default_str();
  app->add_flag("--json", flags->json, "one JSON object a line");
}

// Faiss trains by turns with OpenMP and with OpenBLAS, each with threads of its
// own. By default those of OpenMP spin while they wait and take the cores from
// the others: the build of its inverted lists then takes several times as long.
// OpenMP reads this before main(), so the program starts anew.
void LetOpenMpThreadsSleep(char** argv) {
  constexpr char kVariable[] = "OMP_WAIT_POLICY";
  if (std::getenv(kVariable) != nullptr) return;
  if (setenv(kVariable, "PASSIVE", 1) == 0) execv("/proc/self/exe", argv);
}

int Main(int argc, char** argv) {
  LetOpenMpThreadsSleep(argv);
  Flags flags;
  flags.build = DefaultOptions();
  flags.build.threads =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  CLI::App app("Recall against queries per second: our engines and others");
  AddFlags(&app, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  absl::Status status = ForceSimdTarget(flags.kernels);
  if (status.ok()) status = Run(std::move(flags));
  if (status.ok()) return 0;
  absl::FPrintF(stderr, "recall_qps: %s\n", std::string(status.message()));
  return 1;
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) {
  try {
    return annod::Main(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "recall_qps: %s\n", e.what());
    return 1;
  }
}
