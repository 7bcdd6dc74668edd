#include "server/pages/figures.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace annod {
namespace {

using Metric = prometheus::ClientMetric;

std::string LabelOf(const Metric& metric, absl::string_view name) {
  for (const auto& label : metric.label) {
    if (label.name == name) return label.value;
  }
  return "";
}

void AddHistogram(const prometheus::ClientMetric::Histogram& histogram,
                  bool failed, CallFigures* calls) {
  calls->calls += static_cast<double>(histogram.sample_count);
  if (failed) calls->failed += static_cast<double>(histogram.sample_count);
  calls->buckets.resize(histogram.bucket.size());
  uint64_t before = 0;
  for (size_t i = 0; i < histogram.bucket.size(); ++i) {
    const uint64_t upto = histogram.bucket[i].cumulative_count;
    calls->buckets[i] += static_cast<double>(upto - before);
    before = upto;
  }
}

using Reader = std::function<void(const Metric&, Figures*)>;

// A gauge of an index.
Reader Into(double IndexFigures::*field) {
  return [field](const Metric& metric, Figures* figures) {
    figures->indexes[LabelOf(metric, "index")].*field = metric.gauge.value;
  };
}

Reader IntoCalls(double CallFigures::*field) {
  return [field](const Metric& metric, Figures* figures) {
    figures->indexes[LabelOf(metric, "index")].calls.*field +=
        metric.counter.value;
  };
}

Reader Condition(const char* words) {
  return [words](const Metric& metric, Figures* figures) {
    if (metric.gauge.value > 0) figures->conditions.emplace_back(words);
  };
}

// Counted under `words`, then what the label says.
Reader Count(const char* words, const char* label) {
  return [words, label](const Metric& metric, Figures* figures) {
    const std::string value = LabelOf(metric, label);
    const std::string key =
        value.empty() ? words : absl::StrCat(words, " (", value, ")");
    figures->counts[key] += metric.counter.value;
  };
}

// The same, unless the label says that all went well.
Reader CountUnless(const char* words, const char* label, const char* good,
                   const char* shown) {
  const Reader count = Count(words, shown);
  return [count, label, good](const Metric& metric, Figures* figures) {
    if (LabelOf(metric, label) != good) count(metric, figures);
  };
}

const std::map<std::string, Reader>& Readers() {
  static const auto* const readers = new std::map<std::string, Reader>{
      {"annod_rpc_duration_seconds",
       [](const Metric& metric, Figures* figures) {
         const std::string index = LabelOf(metric, "index");
         if (LabelOf(metric, "method") != "GetNns" || index.empty()) return;
         AddHistogram(metric.histogram, LabelOf(metric, "code") != "OK",
                      &figures->indexes[index].calls);
       }},
      {"annod_index_state",
       [](const Metric& metric, Figures* figures) {
         if (metric.gauge.value <= 0) return;
         figures->indexes[LabelOf(metric, "index")]
             .workers[LabelOf(metric, "state")] =
             static_cast<int>(metric.gauge.value);
       }},
      {"annod_index_read_only",
       [](const Metric& metric, Figures* figures) {
         figures->indexes[LabelOf(metric, "index")].read_only =
             metric.gauge.value > 0;
       }},
      {"annod_index_version", Into(&IndexFigures::version)},
      {"annod_index_items", Into(&IndexFigures::items)},
      {"annod_staged_items", Into(&IndexFigures::staged)},
      {"annod_removed_items", Into(&IndexFigures::removed)},
      {"annod_index_mapped_bytes", Into(&IndexFigures::mapped_bytes)},
      {"annod_index_resident_bytes", Into(&IndexFigures::resident_bytes)},
      {"annod_journal_bytes", Into(&IndexFigures::journal_bytes)},
      {"annod_build_progress_ratio", Into(&IndexFigures::build_progress)},
      {"annod_recall_matches_total", IntoCalls(&CallFigures::recall_matches)},
      {"annod_recall_expected_total", IntoCalls(&CallFigures::recall_expected)},
      {"annod_recall_samples_total", IntoCalls(&CallFigures::recall_samples)},
      {"annod_access_file_refused",
       Condition("the access file on disk is not as it must be and not in "
                 "force")},
      {"annod_certificate_refused",
       Condition("the certificate's files hold what cannot be used; the last "
                 "one stays in use")},
      {"annod_rejected_calls_total", Count("calls refused", "reason")},
      {"annod_access_refusals_total",
       Count("calls refused for who made them", "reason")},
      {"annod_refused_connections_total",
       Count("connections refused", "reason")},
      {"annod_unread_calls_total",
       Count("calls ended, their callers took no answer", "")},
      {"annod_slow_queries_total", Count("slow queries", "index")},
      {"annod_index_load_failures_total",
       Count("versions that could not be loaded", "index")},
      {"annod_builds_total", CountUnless("builds that failed or were cancelled",
                                         "result", "ok", "index")},
      {"annod_process_restarts_total", Count("processes restarted", "cause")},
      {"annod_config_reloads_total",
       CountUnless("reloads of the configuration refused", "result", "applied",
                   "")},
      {"annod_certificate_reloads_total",
       CountUnless("certificates refused", "result", "applied", "")},
      {"annod_log_lines_dropped_total", Count("lines of the log lost", "")},
      {"annod_audit_lines_dropped_total",
       Count("lines of the audit log lost", "")},
      {"annod_metrics_dropped_series_total",
       Count("series of metrics not recorded", "")},
  };
  return *readers;
}

}  // namespace

Figures ReadFigures(const std::vector<prometheus::MetricFamily>& families) {
  Figures figures;
  for (const prometheus::MetricFamily& family : families) {
    const auto reader = Readers().find(family.name);
    if (reader == Readers().end()) continue;
    for (const Metric& metric : family.metric) {
      reader->second(metric, &figures);
    }
  }
  // Calls for names that are no index.
  for (auto it = figures.indexes.begin(); it != figures.indexes.end();) {
    it = it->second.workers.empty() ? figures.indexes.erase(it) : std::next(it);
  }
  return figures;
}

}  // namespace annod
