#include "server/pages/index_page.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/pages/amounts.h"
#include "server/pages/index_parts.h"
#include "server/pages/page_frame.h"
#include "server/pages/pictures.h"

namespace annod {
namespace {

constexpr int kMaxFeatureNames = 100;

void Row(const char* name, const std::string& value, Html* page) {
  page->Markup("<dt>")
      .Text(name)
      .Markup("</dt><dd><bdi>")
      .Text(value)
      .Markup("</bdi></dd>");
}

void Row(const char* name, const Html& value, Html* page) {
  page->Markup("<dt>")
      .Text(name)
      .Markup("</dt><dd>")
      .Add(value)
      .Markup("</dd>");
}

// "METRIC_ANGULAR" as "angular".
std::string Word(const std::string& value_name, absl::string_view prefix) {
  absl::string_view word = value_name;
  if (absl::StartsWith(word, prefix)) word.remove_prefix(prefix.size());
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", " "}});
}

void AddHeader(const std::string& name, const IndexFigures* figures,
               const absl::StatusOr<v1::IndexInfo>& info, Html* page) {
  page->Markup("<header><a href=\"/\">annod</a><h1><bdi>")
      .Text(name)
      .Markup("</bdi></h1>");
  if (figures != nullptr) page->Add(StatePill(*figures));
  page->Markup("</header>\n");
  if (!info.ok()) {
    page->Markup("<section id=\"unknown\">")
        .Add(Pill("warn", "settings not shown"))
        .Markup(" no worker said within a second what it knows: <bdi>")
        .Text(info.status().message())
        .Markup("</bdi></section>\n");
  } else if (!info->state_reason().empty()) {
    page->Markup("<section id=\"reason\">")
        .Add(Pill("bad",
                  Word(v1::IndexState_Name(info->state()), "INDEX_STATE_")))
        .Markup(" <bdi>")
        .Text(info->state_reason())
        .Markup("</bdi></section>\n");
  }
}

void AddLive(const std::string& name, const IndexFigures& figures,
             const ServerFacts& facts, const CallHistory& history, Html* page) {
  const auto calls_of = [&](const CallHistory::Change& change) {
    const auto found = change.calls.find(name);
    return found == change.calls.end() ? CallFigures() : found->second;
  };
  const CallHistory::Change minute = history.Since(
      CallHistory::kMinute, facts.now, facts.start_time, facts.figures);
  const CallFigures calls = calls_of(minute);
  const CallFigures window = calls_of(history.Since(
      CallHistory::kWindow, facts.now, facts.start_time, facts.figures));
  page->Markup(
      "<section id=\"live\"><h2>Now</h2><div class=\"columns\"><div><dl>");
  Row("GetNns, last minute", CallRateText(calls, minute.time), page);
  Row("latency p50, p90, p99",
      absl::StrCat(LatencyText(calls, 0.5), ", ", LatencyText(calls, 0.9), ", ",
                   LatencyText(calls, 0.99)),
      page);
  Row("recall, 15 min", RecallWithInterval(window), page);
  Row("recall samples", CountText(window.recall_samples), page);
  Row("mapped, of it in memory",
      absl::StrCat(BytesText(figures.mapped_bytes), ", ",
                   BytesText(figures.resident_bytes)),
      page);
  page->Markup(
          "</dl></div><div class=\"wide\"><h3>calls per second, 15 "
          "min</h3>")
      .Add(Sparkline(history.Rates(name), "calls per second, last 15 minutes"))
      .Markup("<h3>p99, 15 min</h3>")
      .Add(Sparkline(history.Latencies(name, 0.99),
                     "99th percentile of the latency, last 15 minutes"))
      .Markup("</div></div></section>\n");
}

void AddBuild(const v1::BuildProgress& build, Html* page) {
  page->Markup("<section id=\"build\"><h2>Build under way</h2>")
      .Add(ProgressBar(build.fraction_done()))
      .Markup(" ")
      .Text(Word(v1::BuildPhase_Name(build.phase()), "BUILD_PHASE_"));
  if (build.seconds_left() > 0) {
    page->Markup(", about ")
        .Text(AgeText(absl::Seconds(build.seconds_left())))
        .Markup(" left");
  }
  page->Markup("</section>\n");
}

void AddItems(const v1::IndexInfo& info, Html* page) {
  page->Markup("<section id=\"items\"><h2>Items</h2><dl>");
  Row("in the version", CountText(static_cast<double>(info.item_count())),
      page);
  Row("staged since",
      absl::StrCat(CountText(static_cast<double>(info.staged_item_count())),
                   " in ", BytesText(static_cast<double>(info.staged_bytes()))),
      page);
  Row("removed since",
      CountText(static_cast<double>(info.removed_item_count())), page);
  Row("labels", CountText(static_cast<double>(info.label_count())), page);
  Row("next id", absl::StrCat(info.next_id()), page);
  page->Markup("</dl></section>\n");
}

void AddVersions(const v1::IndexInfo& info, Html* page) {
  page->Markup("<section id=\"kept\"><h2>Versions</h2><dl>");
  Row("served", info.version() > 0 ? absl::StrCat(info.version()) : "none",
      page);
  Row("newest", absl::StrCat(info.newest_version()), page);
  Row("kept",
      info.kept_versions_size() == 0
          ? "none"
          : absl::StrJoin(info.kept_versions(), ", "),
      page);
  Row("trees", CountText(info.tree_count()), page);
  Row("forest", BytesText(static_cast<double>(info.forest_bytes())), page);
  Row("graph",
      info.graph_bytes() > 0
          ? BytesText(static_cast<double>(info.graph_bytes()))
          : std::string("none"),
      page);
  if (info.has_graph_shape()) {
    const v1::GraphShape& shape = info.graph_shape();
    Row("codes",
        absl::StrCat(shape.code_components(), " components of ",
                     shape.code_bits(),
                     shape.code_bits() == 1 ? " bit" : " bits",
                     shape.turned() ? ", turned" : ""),
        page);
  }
  for (const v1::QuarantinedVersion& version : info.quarantined()) {
    Html why;
    why.Add(Pill("bad", absl::StrCat(version.version()))).Markup(" <bdi>");
    why.Text(version.reason()).Markup("</bdi>");
    Row("not used", why, page);
  }
  page->Markup("</dl></section>\n");
}

void AddSettings(const v1::IndexInfo& info, Html* page) {
  page->Markup("<section id=\"settings\"><h2>Settings</h2><dl>");
  Row("metric", Word(v1::Metric_Name(info.metric()), "METRIC_"), page);
  Row("dimension", CountText(info.dimension()), page);
  Row("layout", info.layout().empty() ? "-" : info.layout(), page);
  Row("default n", absl::StrCat(info.default_n()), page);
  Row("default trees", absl::StrCat(info.default_tree_count()), page);
  Row("seed", absl::StrCat(info.seed()), page);
  Row("build rules",
      Word(v1::BuildRules_Name(info.build_rules()), "BUILD_RULES_"), page);
  Row("prefault", Word(v1::Prefault_Name(info.prefault()), "PREFAULT_"), page);
  Row("equal labels", info.allow_duplicate_labels() ? "allowed" : "refused",
      page);
  Row("created", info.create_time(), page);
  if (!info.attached_path().empty()) {
    Row("attached file", info.attached_path(), page);
  }
  if (info.lease_seconds() > 0) {
    Row("lease",
        absl::StrCat(info.lease_seconds(), " s, dropped at ",
                     info.lease_expire_time(), " unless renewed"),
        page);
  }
  if (info.feature_names_size() > 0) {
    std::string names;
    for (int i = 0; i < info.feature_names_size() && i < kMaxFeatureNames;
         ++i) {
      absl::StrAppend(&names, i > 0 ? ", " : "", info.feature_names(i));
    }
    if (info.feature_names_size() > kMaxFeatureNames) {
      absl::StrAppend(&names, ", and ",
                      info.feature_names_size() - kMaxFeatureNames, " more");
    }
    Row("feature names", names, page);
  }
  page->Markup("</dl></section>\n");
}

void AddCurves(const v1::IndexInfo& info, Html* page) {
  page->Markup(
      "<section id=\"recall\"><h2>Recall, measured when the version was built"
      "</h2>");
  if (info.recall_curve().empty() && info.beam_curve().empty()) {
    page->Markup("<p class=\"soft\">It was not measured.</p></section>\n");
    return;
  }
  page->Markup("<div class=\"columns\">");
  std::vector<CurvePoint> points;
  for (const v1::RecallPoint& point : info.recall_curve()) {
    points.push_back({static_cast<double>(point.search_k()), point.recall()});
  }
  page->Markup("<div>").Add(RecallCurve(points, "search_k (forest)",
                                        "recall@10 of the forest by search_k"));
  points.clear();
  for (const v1::BeamPoint& point : info.beam_curve()) {
    points.push_back({static_cast<double>(point.beam()), point.recall()});
  }
  page->Markup("</div><div>")
      .Add(RecallCurve(points, "beam (graph)",
                       "recall@10 of the graph by beam width"))
      .Markup("</div></div></section>\n");
}

void AddMetricNames(const std::string& name, Html* page) {
  static constexpr const char* kNames[] = {"annod_rpc_duration_seconds_count",
                                           "annod_rpc_duration_seconds_bucket",
                                           "annod_queries_total",
                                           "annod_recall_matches_total",
                                           "annod_recall_expected_total",
                                           "annod_recall_samples_total",
                                           "annod_index_state",
                                           "annod_index_version",
                                           "annod_index_items",
                                           "annod_staged_items",
                                           "annod_index_resident_bytes",
                                           "annod_build_progress_ratio",
                                           "annod_builds_total",
                                           "annod_slow_queries_total"};
  page->Markup(
      "<section id=\"metrics\"><h2>What to ask Prometheus for</h2><ul>");
  for (const char* const metric : kNames) {
    page->Markup("<li><code>")
        .Text(absl::StrCat(metric, "{index=\"", name, "\"}"))
        .Markup("</code></li>");
  }
  page->Markup("</ul></section>\n");
}

}  // namespace

HttpResponse IndexPage(const std::string& name, const ServerFacts& facts,
                       const CallHistory& history,
                       const absl::StatusOr<v1::IndexInfo>& info) {
  const auto found = facts.figures.indexes.find(name);
  const IndexFigures* const figures =
      found == facts.figures.indexes.end() ? nullptr : &found->second;
  Html page;
  if (figures == nullptr && !info.ok()) {
    page.Markup("<header><a href=\"/\">annod</a><h1>no index <bdi>")
        .Text(name)
        .Markup("</bdi></h1></header>\n");
    return MakePage(404, "no such index", page);
  }
  AddHeader(name, figures, info, &page);
  page.Markup("<main>\n");
  if (info.ok() && info->has_build()) AddBuild(info->build(), &page);
  if (figures != nullptr) AddLive(name, *figures, facts, history, &page);
  if (info.ok()) {
    AddCurves(*info, &page);
    page.Markup("<div class=\"columns\">");
    AddItems(*info, &page);
    AddVersions(*info, &page);
    AddSettings(*info, &page);
    page.Markup("</div>");
  }
  AddMetricNames(name, &page);
  page.Markup("</main><footer>")
      .Text(TimeText(facts.now))
      .Markup("</footer>\n");
  return MakePage(200, absl::StrCat(name, " - annod"), page);
}

}  // namespace annod
