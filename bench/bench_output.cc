#include "bench/bench_output.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

constexpr double kRecalls[] = {0.90, 0.95, 0.99};

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

bool IsOurs(const BenchEngine& engine) {
  return engine.name() == "graph" || engine.name() == "forest";
}

// "beam 32" or "nprobe 8, k_factor 4"; "-" if there is nothing to set.
std::string SettingText(const BenchParams& setting) {
  std::string text;
  for (const auto& [name, value] : setting.items()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", name, " ", value.dump());
  }
  return text.empty() ? "-" : text;
}

// The best of an engine's variants.
struct Summary {
  std::string name;
  bool ours = false;
  std::optional<double> qps[std::size(kRecalls)];
  double build_seconds = 0;
};

std::vector<Summary> Summarize(const std::vector<EngineCurve>& curves) {
  std::vector<Summary> summaries;
  for (const EngineCurve& curve : curves) {
    const BenchEngine& engine = *curve.engine;
    if (engine.name() == "exact") continue;
    auto it = std::find_if(
        summaries.begin(), summaries.end(),
        [&](const Summary& other) { return other.name == engine.name(); });
    if (it == summaries.end()) {
      it = summaries.insert(it, Summary());
      it->name = engine.name();
      it->ours = IsOurs(engine);
      it->build_seconds = engine.build_seconds();
    }
    it->build_seconds = std::min(it->build_seconds, engine.build_seconds());
    for (size_t i = 0; i < std::size(kRecalls); ++i) {
      // Nothing is less than something.
      it->qps[i] = std::max(it->qps[i], QpsAtRecall(curve.points, kRecalls[i]));
    }
  }
  return summaries;
}

}  // namespace

std::string DescribeRun(const std::string& data_path, const BenchDataset& data,
                        const BenchOptions& build,
                        const MeasureOptions& measure) {
  std::string text = absl::StrFormat(
      "%s, %d cores; kernels %s; gcc %s\n"
      "peers: Debian's packages; annoy -O3 -march=native -ffast-math, hnswlib "
      "-O3 -march=native, faiss as packaged\n",
      CpuModel(), static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)),
      Kernels().target, __VERSION__);
#ifndef __OPTIMIZE__
  text += "WARNING: built without optimization, numbers mean nothing\n";
#endif
  absl::StrAppendFormat(&text, "%s: %d items, %d queries, dimension %d, %s\n",
                        data_path, data.train.slot_count(),
                        data.test.slot_count(), data.train.dim(),
                        std::string(MetricName(data.metric)));
  absl::StrAppendFormat(
      &text,
      "recall@%d; seed %u; built by %d threads; one query thread, QPS by its "
      "CPU time, median of %d rounds\n\n",
      measure.k, build.seed, build.threads, measure.rounds);
  return text;
}

std::string CurveTable(const std::vector<EngineCurve>& curves) {
  std::string text = absl::StrFormat("%-11s  %-25s %8s %9s %12s %9s %9s\n",
                                     "engine", "setting", "recall", "QPS",
                                     "dist./query", "build s", "MB");
  for (const EngineCurve& curve : curves) {
    for (const MeasuredPoint& point : curve.points) {
      absl::StrAppendFormat(
          &text, "%-11s  %-25s %8.4f %9.0f %12s %9.1f %9.1f\n",
          curve.engine->label(), SettingText(point.setting), point.recall,
          point.qps,
          point.distances_per_query.has_value()
              ? absl::StrFormat("%.0f", *point.distances_per_query)
              : "-",
          curve.engine->build_seconds(),
          static_cast<double>(curve.engine->index_bytes()) / 1e6);
    }
  }
  return text;
}

std::string RatioTables(const std::vector<EngineCurve>& curves) {
  const std::vector<Summary> summaries = Summarize(curves);
  std::string text =
      "\nQPS at recall          .90      .95      .99    build s\n";
  for (const Summary& summary : summaries) {
    absl::StrAppendFormat(&text, "%-18s", summary.name);
    for (const std::optional<double>& qps : summary.qps) {
      absl::StrAppendFormat(
          &text, " %8s", qps.has_value() ? absl::StrFormat("%.0f", *qps) : "-");
    }
    absl::StrAppendFormat(&text, " %10.1f\n", summary.build_seconds);
  }
  bool has_title = false;
  for (const Summary& ours : summaries) {
    for (const Summary& peer : summaries) {
      if (!ours.ours || peer.ours) continue;
      if (!std::exchange(has_title, true)) text += "\nratio\n";
      absl::StrAppendFormat(&text, "%-18s",
                            absl::StrCat(ours.name, " / ", peer.name));
      for (size_t i = 0; i < std::size(kRecalls); ++i) {
        absl::StrAppendFormat(
            &text, " %8s",
            ours.qps[i].has_value() && peer.qps[i].has_value()
                ? absl::StrFormat("%.2f", *ours.qps[i] / *peer.qps[i])
                : "-");
      }
      absl::StrAppendFormat(&text, " %10.2f\n",
                            peer.build_seconds / ours.build_seconds);
    }
  }
  return text;
}

std::string JsonLines(const std::vector<EngineCurve>& curves) {
  std::string text;
  for (const EngineCurve& curve : curves) {
    const BenchEngine& engine = *curve.engine;
    for (const MeasuredPoint& point : curve.points) {
      BenchParams line;
      line["engine"] = engine.name();
      line["params"] = engine.build_params();
      line["params"].update(point.setting);
      line["recall"] = point.recall;
      line["qps"] = point.qps;
      line["build_s"] = engine.build_seconds();
      line["index_bytes"] = engine.index_bytes();
      line["distances_per_query"] = nullptr;
      if (point.distances_per_query.has_value()) {
        line["distances_per_query"] = *point.distances_per_query;
      }
      absl::StrAppend(&text, line.dump(), "\n");
    }
  }
  return text;
}

}  // namespace annod
