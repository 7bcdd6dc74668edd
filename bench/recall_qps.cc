// Recall against queries per second of our engines and of the original Annoy,
// over a data set in the layout of ann-benchmarks, with one query thread.
//
//   bazel run //bench:recall_qps -- --data words-100-angular.hdf5
//
// The engines take turns, setting by setting, so that a busy machine hurts them
// alike; each number is the median of several rounds.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/bench_engine.h"
#include "bench/hdf5_dataset.h"
#include "bench/recall_curve.h"
#include "core/file_system.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

struct Flags {
  std::string data;
  int k = 10;
  std::vector<std::string> engines = {"graph", "forest", "exact", "annoy"};
  int64_t queries = 2000;
  int64_t exact_queries = 200;
  std::vector<int> search_k = {500,  1000,  2000,  4000,
                               8000, 16000, 32000, 64000};
  std::vector<int> beams = {10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 400};
  int rounds = 3;
  bool json = false;
  BenchBuildOptions build;
};

struct EngineCurve {
  std::unique_ptr<BenchEngine> engine;
  std::vector<CurvePoint> points;
};

std::string CpuModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line)) {
    if (line.rfind("model name", 0) == 0) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown CPU";
}

void PrintHead(const Flags& flags, const BenchDataset& data) {
  absl::PrintF("%s, %d cores; kernels %s; gcc %s\n", CpuModel(),
               static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)),
               Kernels().target, __VERSION__);
  absl::PrintF("annoy: Debian's 1.17, -O3 -march=native -ffast-math\n");
#ifndef __OPTIMIZE__
  absl::PrintF("WARNING: built without optimization, numbers mean nothing\n");
#endif
  absl::PrintF("%s: %d items, %d queries, dimension %d, %s\n", flags.data,
               data.train.slot_count(), data.test.slot_count(),
               data.train.dim(), std::string(MetricName(data.metric)));
  absl::PrintF(
      "recall@%d; %d trees, seed %u; one query thread, QPS by its CPU time, "
      "median of %d rounds\n\n",
      flags.k, flags.build.trees, flags.build.seed, flags.rounds);
}

void PrintTable(const std::vector<EngineCurve>& curves) {
  absl::PrintF("%-8s %9s %8s %10s %12s %9s %9s\n", "engine", "setting",
               "recall", "QPS", "dist./query", "build s", "MB");
  for (const EngineCurve& curve : curves) {
    const auto seconds = curve.engine->build_seconds();
    for (const CurvePoint& point : curve.points) {
      absl::PrintF(
          "%-8s %9s %8.4f %10.0f %12s %9s %9.1f\n", curve.engine->name(),
          point.setting > 0 ? absl::StrCat(point.setting) : "-", point.recall,
          point.qps,
          point.distances_per_query.has_value()
              ? absl::StrFormat("%.0f", *point.distances_per_query)
              : "-",
          seconds.has_value() ? absl::StrFormat("%.1f", *seconds) : "-",
          static_cast<double>(curve.engine->index_bytes()) / 1e6);
    }
  }
}

// How often faster than the original each engine is, at equal recall.
void PrintRatios(const std::vector<EngineCurve>& curves) {
  const EngineCurve* annoy = nullptr;
  for (const EngineCurve& curve : curves) {
    if (curve.engine->name() == "annoy") annoy = &curve;
  }
  if (annoy == nullptr) return;
  absl::PrintF("\nQPS at recall   .90              .95              .99\n");
  for (const EngineCurve& curve : curves) {
    if (!curve.engine->is_tunable()) continue;
    absl::PrintF("%-8s", curve.engine->name());
    for (const double recall : {0.90, 0.95, 0.99}) {
      const auto qps = QpsAtRecall(curve.points, recall);
      const auto base = QpsAtRecall(annoy->points, recall);
      if (qps.has_value() && base.has_value()) {
        absl::PrintF("  %6.0f (%4.2fx)", *qps, *qps / *base);
      } else {
        absl::PrintF("  %15s", "not reached");
      }
    }
    absl::PrintF("\n");
  }
}

void PrintJson(const Flags& flags, const std::vector<EngineCurve>& curves) {
  for (const EngineCurve& curve : curves) {
    const BenchEngine& engine = *curve.engine;
    for (const CurvePoint& point : curve.points) {
      nlohmann::json line;
      line["engine"] = engine.name();
      line["params"] = nlohmann::json::object();
      if (engine.is_tunable()) {
        line["params"] = {{"trees", flags.build.trees},
                          {engine.setting_name(), point.setting}};
      }
      line["recall"] = point.recall;
      line["qps"] = point.qps;
      line["index_bytes"] = engine.index_bytes();
      line["build_s"] = nullptr;
      if (engine.build_seconds().has_value()) {
        line["build_s"] = *engine.build_seconds();
      }
      line["distances_per_query"] = nullptr;
      if (point.distances_per_query.has_value()) {
        line["distances_per_query"] = *point.distances_per_query;
      }
      std::puts(line.dump().c_str());
    }
  }
}

void MeasureAll(const Flags& flags, const BenchDataset& data,
                std::vector<EngineCurve>* curves) {
  std::map<std::pair<size_t, int>, std::vector<CurvePoint>> measured;
  for (int round = 0; round < flags.rounds; ++round) {
    const size_t steps = std::max(flags.search_k.size(), flags.beams.size());
    for (size_t step = 0; step < steps; ++step) {
      for (size_t e = 0; e < curves->size(); ++e) {
        BenchEngine* engine = (*curves)[e].engine.get();
        const bool tunable = engine->is_tunable();
        const std::vector<int>& settings =
            std::strcmp(engine->setting_name(), "beam") == 0 ? flags.beams
                                                             : flags.search_k;
        // What has no setting is measured once.
        if (step >= (tunable ? settings.size() : 1)) continue;
        const int setting = settings[step];
        const int64_t queries = tunable ? flags.queries : flags.exact_queries;
        if (round == 0) {  // warm up
          MeasureOnce(data, flags.k, setting, queries / 20 + 1, engine);
        }
        measured[{e, tunable ? setting : 0}].push_back(
            MeasureOnce(data, flags.k, setting, queries, engine));
      }
    }
    absl::FPrintF(stderr, "round %d of %d done\n", round + 1, flags.rounds);
  }
  for (auto& [key, points] : measured) {
    (*curves)[key.first].points.push_back(MedianPoint(std::move(points)));
  }
}

absl::Status Run(Flags flags) {
  absl::StatusOr<BenchDataset> data =
      ReadHdf5Dataset(flags.data, flags.queries);
  if (!data.ok()) return data.status();
  for (const auto& neighbors : data->neighbors) {
    if (flags.k > static_cast<int>(neighbors.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("k is ", flags.k, "; the data set lists ",
                       neighbors.size(), " neighbours for a query"));
    }
  }
  const bool temporary = flags.build.directory.empty();
  if (temporary) {
    char directory[] = "/tmp/recall_qps.XXXXXX";
    if (mkdtemp(directory) == nullptr) {
      return absl::InternalError("cannot make a temporary directory");
    }
    flags.build.directory = directory;
  }
  std::vector<EngineCurve> curves;
  absl::Status status;
  for (const std::string& name : flags.engines) {
    absl::FPrintF(stderr, "preparing %s\n", name);
    auto engine = BenchEngine::Make(name, *data, flags.build);
    if (!engine.ok()) {
      status = engine.status();
      break;
    }
    curves.push_back({std::move(*engine), {}});
  }
  // What is mapped or open stays usable.
  if (temporary) {
    FileSystem::Posix()->RemoveRecursively(flags.build.directory).IgnoreError();
  }
  if (!status.ok()) return status;
  MeasureAll(flags, *data, &curves);
  if (flags.json) {
    PrintJson(flags, curves);
  } else {
    PrintHead(flags, *data);
    PrintTable(curves);
    PrintRatios(curves);
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Recall against queries per second: our engines and Annoy");
  app.add_option("--data", flags.data, "HDF5 file of ann-benchmarks' layout")
      ->required();
  app.add_option("--k", flags.k, "neighbours to ask for")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--engines", flags.engines, "some of graph,forest,exact,annoy")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--trees", flags.build.trees)
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--seed", flags.build.seed)->capture_default_str();
  app.add_option("--build_threads", flags.build.threads,
                 "for the forest; annoy builds with one")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--queries", flags.queries, "at most; 0: all")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  app.add_option("--exact_queries", flags.exact_queries,
                 "at most, for the exact engine")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  app.add_option("--search_k", flags.search_k,
                 "settings to try, for forest and annoy")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  app.add_option("--beams", flags.beams, "beam widths to try, for graph")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--degree", flags.build.degree, "of the graph")
      ->check(CLI::Range(4, 1024))
      ->capture_default_str();
  app.add_option("--rounds", flags.rounds)
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--index_dir", flags.build.directory,
                 "keep indexes here and use those that are here");
  app.add_flag("--json", flags.json, "one JSON object a line");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (flags.queries == 0) flags.queries = int64_t{1} << 30;
  const absl::Status status = Run(std::move(flags));
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
