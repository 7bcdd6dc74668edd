#include "server/pages/status_page.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/pages/amounts.h"
#include "server/pages/index_parts.h"
#include "server/pages/page_frame.h"
#include "server/pages/pictures.h"

namespace annod {
namespace {

constexpr size_t kMaxIndexes = 200;

void AddHeader(const ServerFacts& facts, Html* page) {
  page->Markup("<header><h1>annod</h1><bdi>")
      .Text(facts.address)
      .Markup("</bdi>");
  if (facts.draining) {
    page->Add(Pill("warn", "draining"));
  } else if (facts.unready.empty()) {
    page->Add(Pill("good", "ready"));
  } else {
    page->Add(Pill("bad", absl::StrCat("not ready: ", facts.unready)));
  }
  page->Markup("<span class=\"soft\">up ")
      .Text(AgeText(facts.now - facts.start_time))
      .Markup("</span></header>\n");
}

void AddTrouble(const ServerFacts& facts, const CallHistory::Change& change,
                Html* page) {
  page->Markup("<section id=\"trouble\"><h2>Recent trouble</h2>");
  if (facts.figures.conditions.empty() && change.counts.empty() &&
      facts.log.empty()) {
    page->Markup("<p class=\"soft\">None in the last ")
        .Text(AgeText(change.time))
        .Markup(".</p></section>\n");
    return;
  }
  page->Markup("<ul>");
  for (const std::string& condition : facts.figures.conditions) {
    page->Markup("<li>").Add(Pill("bad", "now")).Markup(" ");
    page->Text(condition).Markup("</li>");
  }
  for (const auto& [words, count] : change.counts) {
    page->Markup("<li><bdi>")
        .Text(words)
        .Markup("</bdi>: ")
        .Text(CountText(count))
        .Markup(" <span class=\"soft\">in the last ")
        .Text(AgeText(change.time))
        .Markup("</span></li>");
  }
  for (const LogEntry& entry : facts.log) {
    page->Markup("<li><span class=\"soft\">")
        .Text(TimeText(entry.time))
        .Markup("</span> ")
        .Add(Pill(entry.is_error ? "bad" : "warn",
                  entry.is_error ? "error" : "warning"))
        .Markup(" <code>")
        .Text(entry.text)
        .Markup("</code></li>");
  }
  page->Markup("</ul></section>\n");
}

void AddIndex(const std::string& name, const IndexFigures& index,
              const CallHistory& history, const CallHistory::Change& minute,
              const CallHistory::Change& window, Html* page) {
  static const auto* const none = new CallFigures();
  const auto find = [&](const CallHistory::Change& change) {
    const auto found = change.calls.find(name);
    return found == change.calls.end() ? none : &found->second;
  };
  const CallFigures& calls = *find(minute);
  page->Markup("<tr>");
  Html link;
  link.Markup("<a href=\"/indexes/")
      .Text(name)
      .Markup("\"><bdi>")
      .Text(name)
      .Markup("</bdi></a>");
  Cell("index", link, page);
  Cell("state", StatePill(index), page);
  Cell("version", index.version > 0 ? CountText(index.version) : "-", page);
  Cell("items", CountText(index.items), page);
  std::string staged = CountText(index.staged);
  if (index.removed > 0) {
    absl::StrAppend(&staged, ", ", CountText(index.removed), " removed");
  }
  Cell("staged", staged, page);
  Cell("recall, 15 min", RecallWithInterval(*find(window)), page);
  Cell("GetNns", CallRateText(calls, minute.time), page);
  Cell("p50", LatencyText(calls, 0.5), page);
  Cell("p99", LatencyText(calls, 0.99), page);
  Cell("15 min",
       Sparkline(history.Rates(name), "calls per second, last 15 minutes"),
       page);
  page->Markup("</tr>\n");
}

void AddIndexes(const ServerFacts& facts, const CallHistory& history,
                const CallHistory::Change& window, Html* page) {
  const auto& indexes = facts.figures.indexes;
  page->Markup("<section id=\"indexes\"><h2>Indexes (")
      .Text(CountText(static_cast<double>(indexes.size())))
      .Markup(")</h2>");
  if (indexes.empty()) {
    page->Markup("<p class=\"soft\">There is none.</p></section>\n");
    return;
  }
  page->Markup(
      "<table><thead><tr><th>index</th><th>state</th><th>version</th>"
      "<th>items</th><th>staged</th><th>recall, 15 min</th><th>GetNns, last "
      "minute</th><th>p50</th><th>p99</th><th>calls/s, 15 min</th></tr></thead>"
      "<tbody>\n");
  const CallHistory::Change minute = history.Since(
      CallHistory::kMinute, facts.now, facts.start_time, facts.figures);
  size_t shown = 0;
  for (const auto& [name, index] : indexes) {
    if (shown++ == kMaxIndexes) break;
    AddIndex(name, index, history, minute, window, page);
  }
  page->Markup("</tbody></table>");
  if (indexes.size() > kMaxIndexes) {
    page->Markup("<p class=\"soft\">")
        .Text(CountText(static_cast<double>(indexes.size() - kMaxIndexes)))
        .Markup(" more are not shown: ask for /indexes/NAME.</p>");
  }
  page->Markup("</section>\n");
}

void AddBuilds(const Figures& figures, Html* page) {
  page->Markup("<section id=\"builds\"><h2>Builds under way</h2>");
  bool any = false;
  for (const auto& [name, index] : figures.indexes) {
    if (index.build_progress <= 0 || index.build_progress >= 1) continue;
    if (!any) page->Markup("<ul>");
    any = true;
    page->Markup("<li><a href=\"/indexes/")
        .Text(name)
        .Markup("\"><bdi>")
        .Text(name)
        .Markup("</bdi></a> ")
        .Add(ProgressBar(index.build_progress))
        .Markup("</li>");
  }
  if (any) {
    page->Markup("</ul>");
  } else {
    page->Markup("<p class=\"soft\">None.</p>");
  }
  page->Markup("</section>\n");
}

Html HealthOf(const ProcessFacts& process) {
  if (!process.alive) return Pill("bad", "being restarted");
  if (process.stalled) return Pill("bad", "does not answer");
  if (process.silent_seconds > 2) {
    return Pill("warn", absl::StrCat("silent for ",
                                     SecondsText(process.silent_seconds)));
  }
  if (process.role == "worker" && !process.ready) {
    return Pill("warn", "loading");
  }
  return Pill("good", process.role == "worker" ? "serves" : "answers");
}

void AddProcesses(const ServerFacts& facts, Html* page) {
  page->Markup(
      "<section id=\"processes\"><h2>Processes</h2><table><thead><tr>"
      "<th>process</th><th>health</th><th>pid</th><th>up</th><th>restarts</th>"
      "<th>last end</th></tr></thead><tbody>\n");
  for (const ProcessFacts& process : facts.processes) {
    page->Markup("<tr>");
    Cell("process", absl::StrCat(process.role, " ", process.slot), page);
    Cell("health", HealthOf(process), page);
    Cell("pid", absl::StrCat(process.pid), page);
    Cell("up",
         process.alive ? AgeText(facts.now - process.start_time)
                       : std::string("-"),
         page);
    Cell("restarts", absl::StrCat(process.restart_count), page);
    Cell("last end", process.last_end.empty() ? "-" : process.last_end, page);
    page->Markup("</tr>\n");
  }
  page->Markup("</tbody></table></section>\n");
}

void AddVersions(const ServerFacts& facts, Html* page) {
  page->Markup("<section id=\"versions\"><h2>This build</h2><dl>");
  for (const auto& [name, version] : facts.versions) {
    page->Markup("<dt>")
        .Text(name)
        .Markup("</dt><dd>")
        .Text(version)
        .Markup("</dd>");
  }
  page->Markup("</dl></section>\n");
}

}  // namespace

HttpResponse StatusPage(const ServerFacts& facts, const CallHistory& history) {
  const CallHistory::Change window = history.Since(
      CallHistory::kWindow, facts.now, facts.start_time, facts.figures);
  Html page;
  AddHeader(facts, &page);
  page.Markup("<main>\n");
  AddIndexes(facts, history, window, &page);
  AddBuilds(facts.figures, &page);
  AddTrouble(facts, window, &page);
  AddProcesses(facts, &page);
  AddVersions(facts, &page);
  page.Markup("</main><footer>")
      .Text(TimeText(facts.now))
      .Markup(
          "; also <a href=\"/metrics\">/metrics</a>, <a "
          "href=\"/healthz\">/healthz</a>. Load the page again for new "
          "figures.</footer>\n");
  return MakePage(200, absl::StrCat("annod ", facts.address), page);
}

}  // namespace annod
