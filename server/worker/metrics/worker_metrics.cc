#include "server/worker/metrics/worker_metrics.h"

#include <algorithm>
#include <climits>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "server/rpc/rpc_status.h"

namespace annod {
namespace {

constexpr char kExactEngine[] = "exact";
constexpr char kRpcDuration[] = "annod_rpc_duration_seconds";

// Calls that come once or twice in the life of an index, or say nothing of it:
// a histogram for each index would be all there is of most.
constexpr absl::string_view kWithoutIndex[] = {
    "CreateIndex", "DropIndex", "Attach", "Detach", "RenewLease"};

LabelPairs CallLabels(absl::string_view method, const std::string& index,
                      grpc::StatusCode code) {
  return {{"method", std::string(method)},
          {"index", index},
          {"code", GrpcCodeName(code)}};
}

}  // namespace

WorkerMetrics::WorkerMetrics(MetricsWriter* writer) : writer_(writer) {
  if (writer_ == nullptr) return;
  constexpr char kStage[] = "annod_search_stage_duration_seconds";
  constexpr char kDropped[] = "annod_recall_dropped_samples_total";
  search_stage = writer_->GetHistogram(kStage, {{"stage", "search"}});
  queue_stage = writer_->GetHistogram(kStage, {{"stage", "queue"}});
  encode_stage = writer_->GetHistogram(kStage, {{"stage", "encode"}});
  const auto in_flight = [this](Lane lane) {
    return writer_->GetGauge("annod_in_flight_calls",
                             {{"lane", LaneName(lane)}});
  };
  in_flight_quick = in_flight(Lane::kQuick);
  in_flight_exact = in_flight(Lane::kExact);
  in_flight_batch = in_flight(Lane::kBatch);
  ready = writer_->GetGauge("annod_worker_ready", {});
  recall_dropped_queue =
      writer_->GetCounter(kDropped, {{"reason", "queue_full"}});
  const auto rejected = [this](const char* reason) {
    return writer_->GetCounter("annod_rejected_calls_total",
                               {{"reason", reason}});
  };
  rejected_in_flight = rejected("max_in_flight");
  rejected_queue_time = rejected("queue_time");
  rejected_exact = rejected("max_exact_calls");
  rejected_batch = rejected("max_batch_calls");
  rejected_admin = rejected("max_admin_calls");
  rejected_item_streams = rejected("max_item_streams");
  rejected_unsent = rejected("max_unsent_bytes");
  ended_unread = writer_->GetCounter("annod_unread_calls_total", {});
  unsent_bytes = writer_->GetGauge("annod_unsent_bytes", {});
  connections = writer_->GetGauge("annod_connections", {});
  const auto refused = [this](const char* reason) {
    return writer_->GetCounter("annod_refused_connections_total",
                               {{"reason", reason}});
  };
  refused_max_connections = refused("max_connections");
  refused_descriptors = refused("descriptors");
  recall_dropped_version =
      writer_->GetCounter(kDropped, {{"reason", "version_replaced"}});
}

EngineMetrics WorkerMetrics::HandlesOf(const std::string& index,
                                       absl::string_view engine) {
  const LabelPairs labels = {{"index", index}, {"engine", std::string(engine)}};
  EngineMetrics metrics;
  metrics.queries = writer_->GetCounter("annod_queries_total", labels);
  metrics.nodes =
      writer_->GetCounter("annod_search_nodes_visited_total", labels);
  metrics.distances =
      writer_->GetCounter("annod_search_distances_total", labels);
  if (engine == kExactEngine) return metrics;
  metrics.recall_matches =
      writer_->GetCounter("annod_recall_matches_total", labels);
  metrics.recall_expected =
      writer_->GetCounter("annod_recall_expected_total", labels);
  metrics.recall_samples =
      writer_->GetCounter("annod_recall_samples_total", labels);
  return metrics;
}

std::shared_ptr<const IndexMetrics> WorkerMetrics::Index(
    const std::string& name) {
  absl::MutexLock lock(&mu_);
  std::shared_ptr<const IndexMetrics>& known = indexes_[name];
  if (known != nullptr) return known;
  auto metrics = std::make_shared<IndexMetrics>();
  if (writer_ != nullptr) {
    metrics->forest = HandlesOf(name, "forest");
    metrics->graph = HandlesOf(name, "graph");
    metrics->exact = HandlesOf(name, kExactEngine);
    metrics->get_nns_ok = writer_->GetHistogram(
        kRpcDuration, CallLabels("GetNns", name, grpc::StatusCode::OK));
    metrics->get_nns_stream_ok = writer_->GetHistogram(
        kRpcDuration, CallLabels("GetNnsStream", name, grpc::StatusCode::OK));
  }
  known = std::move(metrics);
  return known;
}

void WorkerMetrics::CallEnded(absl::string_view method,
                              const std::string& index, grpc::StatusCode code,
                              double seconds) {
  if (writer_ == nullptr) return;
  absl::MutexLock lock(&mu_);
  // Of an index that was dropped meanwhile, or is not known yet, nothing is
  // kept.
  const bool counts_for_index =
      indexes_.count(index) > 0 &&
      std::find(std::begin(kWithoutIndex), std::end(kWithoutIndex), method) ==
          std::end(kWithoutIndex);
  const std::string label = counts_for_index ? index : "";
  Histogram& histogram =
      calls_[{label, std::string(method), static_cast<int>(code)}];
  if (histogram.cells == nullptr) {
    histogram =
        writer_->GetHistogram(kRpcDuration, CallLabels(method, label, code));
  }
  histogram.Observe(seconds);
}

void WorkerMetrics::SlowQuery(const std::string& index) {
  if (writer_ == nullptr) return;
  absl::MutexLock lock(&mu_);
  const std::string label = indexes_.count(index) > 0 ? index : "";
  writer_->GetCounter("annod_slow_queries_total", {{"index", label}}).Add();
}

void WorkerMetrics::SetGauge(const char* name, const std::string& index,
                             double value) {
  if (writer_ == nullptr) return;
  absl::MutexLock lock(&mu_);
  if (indexes_.count(index) == 0) return;
  writer_->GetGauge(name, {{"index", index}}).Set(value);
}

void WorkerMetrics::SetState(const std::string& index,
                             absl::string_view state) {
  if (writer_ == nullptr) return;
  absl::MutexLock lock(&mu_);
  if (indexes_.count(index) == 0) return;
  for (const char* other : {"empty", "loading", "serving", "failed"}) {
    writer_->GetGauge("annod_index_state", {{"index", index}, {"state", other}})
        .Set(state == other ? 1 : 0);
  }
}

void WorkerMetrics::LoadFailed(const std::string& index) {
  if (writer_ == nullptr) return;
  writer_->GetCounter("annod_index_load_failures_total", {{"index", index}})
      .Add();
}

void WorkerMetrics::Forget(const std::string& index) {
  absl::MutexLock lock(&mu_);
  indexes_.erase(index);
  calls_.erase(calls_.lower_bound({index, "", INT_MIN}),
               calls_.upper_bound({index, "\x7f", INT_MAX}));
  if (writer_ != nullptr) writer_->Remove("index", index);
}

}  // namespace annod
