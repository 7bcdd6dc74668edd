#include "client/ctl/measure/eval_output.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/ctl/charts/svg_chart.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/output.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

std::string SettingName(EvalEngine engine) {
  return engine == EvalEngine::kForest  ? "search_k"
         : engine == EvalEngine::kGraph ? "beam"
                                        : "";
}

std::string SettingText(EvalEngine engine, int64_t value) {
  if (SettingName(engine).empty()) return "";
  return absl::StrCat(SettingName(engine), " ", WithCommas(value));
}

std::string RoundedValue(double value) {
  return WithCommas(std::llround(value));
}

// The cells that all rows have.
void AppendMeasured(const EvalRow& row, std::vector<std::string>* cells) {
  cells->push_back(absl::StrFormat("%.4f", row.recall));
  cells->push_back(
      absl::StrFormat("%.4f-%.4f", row.recall_low, row.recall_high));
}

void AppendCost(const EvalRow& row, std::vector<std::string>* cells) {
  cells->push_back(RoundedValue(row.distances));
  cells->push_back(RoundedValue(row.p50_us));
  cells->push_back(RoundedValue(row.p99_us));
  cells->push_back(RoundedValue(row.qps));
}

// Adds what was measured to `json`.
Json WithRow(Json json, const EvalRow& row) {
  json["engine"] = EvalEngineName(row.engine);
  json["setting"] = Json::object();
  const std::string setting = SettingName(row.engine);
  if (!setting.empty()) json["setting"][setting] = row.value;
  json["recall"] = row.recall;
  json["recall_low"] = row.recall_low;
  json["recall_high"] = row.recall_high;
  json["query_count"] = row.queries;
  json["distances_per_query"] = row.distances;
  json["p50_us"] = row.p50_us;
  json["p99_us"] = row.p99_us;
  json["qps"] = row.qps;
  return json;
}

// One sentence about the queries.
std::string QueriesText(const EvalArguments& arguments,
                        const EvalResult& result) {
  int64_t most = 0;
  for (const auto* rows : {&result.curve, &result.promises}) {
    for (const EvalRow& row : *rows) most = std::max(most, row.queries);
  }
  const std::string count = WithCommas(most);
  if (!arguments.queries.empty()) {
    return absl::StrCat(count, " vectors of ", arguments.queries);
  }
  return absl::StrCat(count,
                      " stored items, each left out of its own answer: easier "
                      "than vectors the index never saw (--queries)");
}

void PrintTables(const std::string& name, const EvalArguments& arguments,
                 const EvalResult& result) {
  PrintFields({{"index", name},
               {"queries", QueriesText(arguments, result)},
               {"truth", arguments.truth.empty() ? "all items compared"
                                                 : arguments.truth}});
  const std::string recall = absl::StrCat("recall@", arguments.options.k);
  PrintText("\n");
  Table curve({{"engine"},
               {"setting"},
               {recall, true},
               {"95 % sure", true},
               {"distances", true},
               {"p50 us", true},
               {"p99 us", true},
               {"QPS", true}});
  for (const EvalRow& row : result.curve) {
    std::vector<std::string> cells = {EvalEngineName(row.engine),
                                      SettingText(row.engine, row.value)};
    AppendMeasured(row, &cells);
    AppendCost(row, &cells);
    curve.AddRow(std::move(cells));
  }
  if (!result.curve.empty()) curve.Print();
  if (result.promises.empty()) return;
  PrintText("\n");
  Table promises({{"min_recall"},
                  {"answered by"},
                  {recall, true},
                  {"95 % sure", true},
                  {"kept"},
                  {"distances", true},
                  {"p50 us", true},
                  {"p99 us", true},
                  {"QPS", true}});
  for (const EvalRow& row : result.promises) {
    std::vector<std::string> cells = {
        absl::StrCat(row.setting.min_recall),
        absl::StrCat(EvalEngineName(row.engine),
                     row.engine == EvalEngine::kExact ? "" : ", ",
                     SettingText(row.engine, row.value))};
    AppendMeasured(row, &cells);
    cells.push_back(KeptText(row));
    AppendCost(row, &cells);
    promises.AddRow(std::move(cells));
  }
  promises.Print();
}

}  // namespace

void PrintEval(const std::string& name, const EvalArguments& arguments,
               const EvalResult& result, bool json) {
  if (!json) {
    PrintTables(name, arguments, result);
    if (arguments.taken) {
      std::vector<std::pair<std::string, std::string>> fields;
      AppendInputFields(*arguments.taken, &fields);
      std::puts("");
      PrintFields(fields);
    }
    return;
  }
  Json document;
  document["index"] = name;
  document["k"] = arguments.options.k;
  document["queries"] =
      arguments.queries.empty() ? "stored items" : arguments.queries;
  document["truth"] = arguments.truth.empty() ? "exact" : arguments.truth;
  if (arguments.taken) document["input"] = InputJson(*arguments.taken);
  document["curve"] = Json::array();
  for (const EvalRow& row : result.curve) {
    document["curve"].push_back(WithRow({}, row));
  }
  document["min_recall"] = Json::array();
  for (const EvalRow& row : result.promises) {
    Json promise;
    promise["min_recall"] = row.setting.min_recall;
    promise["kept"] = KeptText(row);
    document["min_recall"].push_back(WithRow(std::move(promise), row));
  }
  PrintJson(document);
}

absl::StatusOr<std::unique_ptr<EvalPicture>> EvalPicture::Prepare(
    const std::string& path, bool force) {
  auto picture = std::make_unique<EvalPicture>();
  ANNOD_ASSIGN_OR_RETURN(picture->place_,
                         OutputFile::Prepare(FileSystem::Posix(), path, force));
  return picture;
}

absl::Status EvalPicture::Draw(const std::string& name, int k,
                               const EvalResult& result) {
  Chart chart;
  chart.title = absl::StrCat("Recall and speed of ", name);
  chart.subtitle = "Towards the upper right is better";
  chart.x = {absl::StrCat("recall@", k), AxisScale::kNearOne};
  chart.y = {"queries per second, one after the other", AxisScale::kLog};
  for (const EvalEngine engine :
       {EvalEngine::kGraph, EvalEngine::kForest, EvalEngine::kExact}) {
    ChartSeries series;
    series.name = EvalEngineName(engine);
    for (const EvalRow& row : result.curve) {
      if (row.engine != engine) continue;
      series.points.push_back(
          {row.recall, row.qps, SettingText(row.engine, row.value)});
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  ANNOD_ASSIGN_OR_RETURN(const auto file, FileSystem::Posix()->CreateFile(
                                              place_->temporary_path()));
  ANNOD_RETURN_IF_ERROR(file->Append(SvgOf(chart)));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  ANNOD_RETURN_IF_ERROR(file->Close());
  return place_->Commit();
}

}  // namespace annod::ctl
