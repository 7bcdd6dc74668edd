#include "server/metrics/metric_catalog.h"

#include <algorithm>
#include <vector>

namespace annod {
namespace {

constexpr MetricKind kCounter = MetricKind::kCounter;
constexpr MetricKind kSum = MetricKind::kGaugeSum;
constexpr MetricKind kMax = MetricKind::kGaugeMax;
constexpr MetricKind kHistogram = MetricKind::kHistogram;

std::vector<MetricInfo> MakeCatalog() {
  std::vector<MetricInfo> catalog = {
      // Calls.
      {"annod_rpc_duration_seconds",
       kHistogram,
       "Time from the arrival of a call to its end, by status code.",
       {"method", "index", "code"}},
      {"annod_in_flight_calls",
       kSum,
       "GetNns calls waiting or being worked on, by lane: quick, exact, batch.",
       {"lane"}},
      {"annod_rejected_calls_total",
       kCounter,
       "Calls refused before any work was done on them, by reason.",
       {"reason"}},
      {"annod_unsent_bytes",
       kSum,
       "Bytes of answers that are made or about to be, and not taken by their "
       "callers.",
       {}},
      {"annod_unread_calls_total",
       kCounter,
       "Calls ended because their callers had taken nothing for a second when "
       "room for other answers was needed.",
       {}},
      {"annod_access_refusals_total",
       kCounter,
       "Calls refused because of who made them, by reason: "
       "credentials_missing, credentials_invalid, not_allowed, quota_reached.",
       {"reason"}},
      {"annod_access_file_refused",
       kMax,
       "1 while the access file on disk is not in force, for it is not as it "
       "must be.",
       {}},
      {"annod_connections",
       kSum,
       "Connections to the workers' port that are open.",
       {}},
      {"annod_refused_connections_total",
       kCounter,
       "Connections closed as soon as they came, by reason: max_connections, "
       "descriptors.",
       {"reason"}},

      {"annod_slow_queries_total",
       kCounter,
       "GetNns calls, and requests of GetNnsStream, that took longer than "
       "slow_query_time.",
       {"index"}},

      // Search.
      {"annod_queries_total",
       kCounter,
       "Queries answered; one call may carry several.",
       {"index", "engine"}},
      {"annod_search_stage_duration_seconds",
       kHistogram,
       "Time a call spent in each stage: queue, search, encode.",
       {"stage"}},
      {"annod_search_nodes_visited_total",
       kCounter,
       "Tree nodes visited by searches.",
       {"index", "engine"}},
      {"annod_search_distances_total",
       kCounter,
       "Distances computed by searches.",
       {"index", "engine"}},

      // Recall, measured on sampled queries that are asked again exactly.
      {"annod_recall_matches_total",
       kCounter,
       "True neighbours that answers to sampled queries contained; divided by "
       "annod_recall_expected_total it is the recall.",
       {"index", "engine"}},
      {"annod_recall_expected_total",
       kCounter,
       "True neighbours that answers to sampled queries should have contained.",
       {"index", "engine"}},
      {"annod_recall_samples_total",
       kCounter,
       "Queries asked again exactly to measure recall.",
       {"index", "engine"}},
      {"annod_recall_dropped_samples_total",
       kCounter,
       "Sampled queries given up, by reason.",
       {"reason"}},

      // Indexes, as the workers serve them.
      {"annod_index_items",
       kMax,
       "Items in the version being served.",
       {"index"}},
      {"annod_index_version",
       kMax,
       "Number of the version being served.",
       {"index"}},
      {"annod_index_create_time_seconds",
       kMax,
       "When the index was created, in seconds since the Unix epoch; the "
       "counters of an index begin anew with it.",
       {"index"}},
      {"annod_index_state",
       kSum,
       "Workers that have the index in this state; \"serving\" is the good "
       "one.",
       {"index", "state"}},
      {"annod_index_mapped_bytes",
       kMax,
       "Bytes of the files mapped for the index; all workers share them.",
       {"index"}},
      {"annod_index_resident_bytes",
       kMax,
       "Bytes of the mapped files that are in memory.",
       {"index"}},
      {"annod_index_load_seconds",
       kMax,
       "Time the last load of a version took, in the slowest worker.",
       {"index"}},
      {"annod_index_load_failures_total",
       kCounter,
       "Versions that a worker refused to load.",
       {"index"}},

      // Writing and building.
      {"annod_items_added_total",
       kCounter,
       "Items acknowledged into staging.",
       {"index"}},
      {"annod_items_removed_total",
       kCounter,
       "Items whose removal was acknowledged.",
       {"index"}},
      {"annod_removed_items",
       kMax,
       "Items of the newest version that were removed since it was built.",
       {"index"}},
      {"annod_staged_items",
       kMax,
       "Items in staging, not yet in a published version.",
       {"index"}},
      {"annod_journal_bytes", kMax, "Size of the staging journal.", {"index"}},
      {"annod_replica_behind_seconds",
       kMax,
       "On a replica: time since the source was last seen to have what is "
       "served here.",
       {"index"}},
      {"annod_replica_source_version",
       kMax,
       "On a replica: version that the source serves.",
       {"index"}},
      {"annod_replica_source_up",
       kMax,
       "On a replica: 1 if the last look at the source succeeded, else 0.",
       {}},
      {"annod_replica_fetched_bytes_total",
       kCounter,
       "On a replica: bytes of versions fetched from the source.",
       {}},
      {"annod_replica_failures_total",
       kCounter,
       "On a replica: versions of the source that could not be taken over.",
       {"index"}},
      {"annod_index_read_only",
       kMax,
       "1 if the index cannot be changed, its journal or newest version being "
       "damaged, so that answers may lack what was stored and removed since.",
       {"index"}},
      {"annod_build_progress_ratio",
       kMax,
       "Fraction done of the running build; 0 if none runs.",
       {"index"}},
      {"annod_build_duration_seconds",
       kMax,
       "Time the last finished build took.",
       {"index"}},
      {"annod_builds_total",
       kCounter,
       "Builds that ended, by result.",
       {"index", "result"}},

      // Processes.
      {"annod_worker_ready",
       kSum,
       "Workers that have loaded their indexes and serve.",
       {}},
      {"annod_process_restarts_total",
       kCounter,
       "Child processes restarted, by the signal or exit status that ended "
       "them, or stalled: killed because they did not answer.",
       {"role", "cause"}},
      {"annod_process_answers_total",
       kCounter,
       "Answers of a child process to the supervisor, which asks once a "
       "second by a socket of its own and, if it is a worker, by the port.",
       {"role", "slot", "way"}},
      {"annod_process_silent_seconds",
       kMax,
       "For how long a child process has owed the supervisor an answer; 0 if "
       "it answers.",
       {"role", "slot"}},
      {"annod_processes", kSum, "Child processes that are alive.", {"role"}},
      {"annod_up", kSum, "1 while annod serves, 0 while it drains.", {}},
      {"annod_start_time_seconds",
       kMax,
       "When the supervisor started, in seconds since the Unix epoch.",
       {}},
      {"annod_config_reloads_total",
       kCounter,
       "Reloads of the configuration, by result: applied or refused.",
       {"result"}},
      {"annod_log_lines_dropped_total",
       kCounter,
       "Lines that did not get into the log: nobody read standard error.",
       {}},
      {"annod_audit_lines_dropped_total",
       kCounter,
       "Lines that did not get into the file of the audit log: a full disk, or "
       "one that is too slow.",
       {}},
      {"annod_certificate_expiry_seconds",
       kMax,
       "When the certificate in use expires, in seconds since the Unix epoch.",
       {}},
      {"annod_certificate_refused",
       kMax,
       "1 while the files of the certificate hold what cannot be used, so that "
       "the last one stays in use.",
       {}},
      {"annod_certificate_reloads_total",
       kCounter,
       "Changes of the certificate's files, by result: applied or refused.",
       {"result"}},
      {"annod_build_info",
       kMax,
       "Always 1; the labels tell what runs.",
       {"version", "compiler"}},
      {"annod_metrics_dropped_series_total",
       kCounter,
       "Series that were not recorded: no room in the shared page, or not in "
       "the catalog.",
       {}},
  };
  std::sort(catalog.begin(), catalog.end(),
            [](const MetricInfo& a, const MetricInfo& b) {
              return absl::string_view(a.name) < absl::string_view(b.name);
            });
  return catalog;
}

}  // namespace

const std::vector<MetricInfo>& MetricCatalog() {
  static const auto* const catalog = new std::vector<MetricInfo>(MakeCatalog());
  return *catalog;
}

const MetricInfo* FindMetric(absl::string_view name) {
  const std::vector<MetricInfo>& catalog = MetricCatalog();
  const auto it =
      std::lower_bound(catalog.begin(), catalog.end(), name,
                       [](const MetricInfo& info, absl::string_view wanted) {
                         return absl::string_view(info.name) < wanted;
                       });
  return it != catalog.end() && it->name == name ? &*it : nullptr;
}

}  // namespace annod
