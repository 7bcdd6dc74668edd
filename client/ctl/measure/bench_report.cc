#include "client/ctl/measure/bench_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/ctl/common/input_options.h"
#include "client/error.h"

namespace annod::ctl {
namespace {

using load::LatencyHistogram;
using load::LoadResult;

struct Percentile {
  const char* name;
  const char* key;  // in JSON
  double fraction;
};
constexpr Percentile kPercentiles[] = {{"p50", "p50", 0.5},
                                       {"p90", "p90", 0.9},
                                       {"p99", "p99", 0.99},
                                       {"p99.9", "p999", 0.999}};

// Lag at which the figures say more about this program than about the server.
constexpr double kNoticeableLagMs = 1;

std::string Milliseconds(double ms) {
  if (ms < 10) return absl::StrFormat("%.3f", ms);
  return absl::StrFormat("%.*f", ms < 100 ? 2 : 1, ms);
}

std::string CodeName(grpc::StatusCode code) {
  return absl::StatusCodeToString(
      FromGrpcStatus(grpc::Status(code, "")).code());
}

// Three decimals of a millisecond are a microsecond: enough.
double Rounded(double value) { return std::round(value * 1000) / 1000; }

Json LatencyJson(const LatencyHistogram& latency) {
  if (latency.count() == 0) return nullptr;
  Json json;
  json["mean"] = Rounded(latency.mean_ms());
  for (const Percentile& percentile : kPercentiles) {
    json[percentile.key] = Rounded(latency.PercentileMs(percentile.fraction));
  }
  json["max"] = Rounded(latency.max_ms());
  return json;
}

double Recall(const LoadResult& result) {
  return static_cast<double>(result.matches) /
         static_cast<double>(result.expected);
}

Json ToJson(const BenchRun& run, int batch) {
  const LoadResult& result = run.result;
  Json json;
  if (run.load.rate) {
    json["rate"] = *run.load.rate;
    json["arrivals"] =
        run.load.arrivals == load::ArrivalKind::kEven ? "even" : "poisson";
  } else {
    json["concurrency"] = run.load.concurrency;
  }
  json["seconds"] = result.seconds;
  json["calls_per_second"] = Rounded(result.calls_per_second());
  json["queries_per_second"] = Rounded(result.calls_per_second() * batch);
  json["answered"] = result.ok.count();
  json["latency_ms"] = LatencyJson(result.ok);
  json["failed"] = Json::array();
  for (const auto& [code, calls] : result.failed) {
    json["failed"].push_back(Json{{"code", CodeName(code)},
                                  {"calls", calls.latency.count()},
                                  {"message", calls.first_message},
                                  {"latency_ms", LatencyJson(calls.latency)}});
  }
  json["unsent"] = result.unsent;
  json["send_lag_ms"] = LatencyJson(result.send_lag);
  json["recall"] = result.expected == 0 ? Json(nullptr) : Json(Recall(result));
  json["client_cpu_seconds"] = Rounded(result.client_cpu_seconds);
  return json;
}

bool HasTruth(const BenchReport& report) {
  for (const BenchRun& run : report.runs) {
    if (run.result.expected > 0) return true;
  }
  return false;
}

// What the table has no room for.
void PrintNotes(const BenchRun& run) {
  const LoadResult& result = run.result;
  const std::string load = LoadName(run.load);
  for (const auto& [code, calls] : result.failed) {
    PrintText(absl::StrFormat("%s: %s %s, p50 %s ms, p99 %s ms: %s\n", load,
                              WithCommas(calls.latency.count()), CodeName(code),
                              Milliseconds(calls.latency.PercentileMs(0.5)),
                              Milliseconds(calls.latency.PercentileMs(0.99)),
                              calls.first_message));
  }
  if (result.unsent > 0) {
    PrintText(absl::StrFormat(
        "%s: %s calls were due and not sent: %s were in "
        "flight without an answer (--max_in_flight)\n",
        load, WithCommas(result.unsent), WithCommas(run.load.max_in_flight)));
  }
  const double lag = result.send_lag.PercentileMs(0.99);
  if (lag > kNoticeableLagMs) {
    PrintText(absl::StrFormat(
        "%s: 1 %% of the calls were sent %s ms late or more; that counts as "
        "latency. More --threads, or a machine of its own for annodctl, show "
        "the server alone\n",
        load, Milliseconds(lag)));
  }
}

}  // namespace

std::string LoadName(const load::Load& load) {
  if (load.rate) {
    return absl::StrCat(WithCommas(std::llround(*load.rate)), "/s");
  }
  return absl::StrCat(WithCommas(load.concurrency), " in flight");
}

Json ToJson(const BenchReport& report) {
  Json json;
  json["index"] = report.index;
  json["server"] = report.server;
  json["connections"] = report.connections;
  json["threads"] = report.threads;
  json["batch"] = report.batch;
  json["stream"] = report.stream;
  json["n"] = report.n;
  json["version"] = report.version;
  json["engine"] = report.engine;
  json["search_k"] = report.search_k;
  json["beam"] = report.beam;
  if (report.input) json["input"] = InputJson(*report.input);
  json["loads"] = Json::array();
  for (const BenchRun& run : report.runs) {
    json["loads"].push_back(ToJson(run, report.batch));
  }
  return json;
}

void Print(const BenchReport& report) {
  const bool truth = HasTruth(report);
  std::vector<Table::Column> columns = {{"load", true}, {"calls/s", true}};
  if (report.batch > 1) columns.push_back({"queries/s", true});
  for (const Percentile& percentile : kPercentiles) {
    columns.push_back({absl::StrCat(percentile.name, " ms"), true});
  }
  columns.insert(columns.end(), {{"max ms", true}, {"failed", true}});
  if (truth) columns.push_back({"recall", true});
  Table table(columns);
  for (const BenchRun& run : report.runs) {
    const LoadResult& result = run.result;
    const bool any = result.ok.count() > 0;
    std::vector<std::string> row = {
        LoadName(run.load),
        WithCommas(std::llround(result.calls_per_second()))};
    if (report.batch > 1) {
      row.push_back(
          WithCommas(std::llround(result.calls_per_second() * report.batch)));
    }
    for (const Percentile& percentile : kPercentiles) {
      row.push_back(
          any ? Milliseconds(result.ok.PercentileMs(percentile.fraction)) : "");
    }
    row.push_back(any ? Milliseconds(result.ok.max_ms()) : "");
    row.push_back(WithCommas(result.failed_count() + result.unsent));
    if (truth) {
      row.push_back(
          result.expected > 0 ? absl::StrFormat("%.4f", Recall(result)) : "");
    }
    table.AddRow(std::move(row));
  }
  table.Print();
  for (const BenchRun& run : report.runs) PrintNotes(run);
  if (!report.input) return;
  std::vector<std::pair<std::string, std::string>> fields;
  AppendInputFields(*report.input, &fields);
  std::puts("");
  PrintFields(fields);
}

Chart LatencyChart(const BenchReport& report) {
  Chart chart;
  chart.title = absl::StrCat("Latency by load: ", report.index);
  chart.subtitle = absl::StrFormat(
      "%s engine, n %d, %s%d connections", report.engine, report.n,
      report.batch > 1 ? absl::StrCat("batches of ", report.batch, ", ") : "",
      report.connections);
  chart.x = {"calls a second", AxisScale::kLinear};
  chart.y = {"latency, ms", AxisScale::kLog};
  // The closed loop that rates are parts of would be another curve.
  const bool open = std::any_of(
      report.runs.begin(), report.runs.end(),
      [](const BenchRun& run) { return run.load.rate.has_value(); });
  for (const Percentile& percentile : kPercentiles) {
    ChartSeries& series = chart.series.emplace_back();
    series.name = percentile.name;
    for (const BenchRun& run : report.runs) {
      if (run.result.ok.count() == 0 || (open && !run.load.rate)) continue;
      const double ms = run.result.ok.PercentileMs(percentile.fraction);
      series.points.push_back(
          {run.load.rate.value_or(run.result.calls_per_second()), ms,
           absl::StrCat(LoadName(run.load), ": ", percentile.name, " ",
                        Milliseconds(ms), " ms")});
    }
    std::sort(
        series.points.begin(), series.points.end(),
        [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; });
  }
  return chart;
}

}  // namespace annod::ctl
