#ifndef ANNOD_CLIENT_CTL_MEASURE_BENCH_REPORT_H_
#define ANNOD_CLIENT_CTL_MEASURE_BENCH_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "client/ctl/charts/svg_chart.h"
#include "client/ctl/common/output.h"
#include "client/input/vector_reader.h"
#include "client/load/load_generator.h"

namespace annod::ctl {

// What `annodctl bench` did, and how it came out.
struct BenchRun {
  load::Load load;
  load::LoadResult result;
};

// "1,000/s", "64 in flight".
std::string LoadName(const load::Load& load);

struct BenchReport {
  std::string index;
  std::string server;
  int connections = 0;
  int threads = 0;
  int batch = 0;
  bool stream = false;
  int n = 0;
  // Of an answer before the first load.
  int64_t version = 0;
  std::string engine;
  int64_t search_k = 0;
  int beam = 0;
  std::optional<InputDescription> input;  // of a file with queries
  std::vector<BenchRun> runs;
};

// {"index",...,"loads":[{"rate"|"concurrency",...,"latency_ms":{...}}]}.
Json ToJson(const BenchReport& report);

// A table, a row a load, and below it what went wrong.
void Print(const BenchReport& report);

// Latency by calls a second: those offered by open loops or, if there are none,
// those answered in closed ones.
Chart LatencyChart(const BenchReport& report);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_BENCH_REPORT_H_
