#include "server/worker/calls/slow_query_log.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "server/audit/caller_name.h"
#include "server/process/logging.h"
#include "server/rpc/errors.h"
#include "server/rpc/rpc_status.h"

namespace annod {
namespace {

constexpr int kLinesPerSecond = 10;

// Which options of a request restrict its answers.
std::string FilterKinds(const v1::GetNnsRequest& request) {
  std::vector<absl::string_view> kinds;
  if (request.exclude_self()) kinds.push_back("exclude_self");
  if (request.exclude_items_size() > 0) kinds.push_back("exclude_items");
  if (request.allow_items_size() > 0 || request.only_allow_items()) {
    kinds.push_back("allow_items");
  }
  if (request.has_max_distance()) kinds.push_back("max_distance");
  if (request.include_staged()) kinds.push_back("include_staged");
  return absl::StrJoin(kinds, ",");
}

void AddRequest(const v1::GetNnsRequest& request, LogFields* fields) {
  fields->emplace_back("index", Printable(request.index()));
  fields->emplace_back("queries", int64_t{request.queries_size()});
  fields->emplace_back("n", int64_t{request.n()});
  const std::string filters = FilterKinds(request);
  if (!filters.empty()) fields->emplace_back("filters", filters);
}

const char* NameOf(Engine engine) {
  return engine == Engine::kExact   ? "exact"
         : engine == Engine::kGraph ? "graph"
                                    : "forest";
}

void AddCost(const CallCost& cost, LogFields* fields) {
  if (!cost.engine.has_value()) return;
  fields->emplace_back("engine", NameOf(*cost.engine));
  fields->emplace_back("distances", int64_t{cost.stats.distances});
  fields->emplace_back("nodes", int64_t{cost.stats.nodes});
}

}  // namespace

SlowQueryLog::SlowQueryLog(const LiveConfig* config, WorkerMetrics* metrics)
    : config_(config), metrics_(metrics), lines_(kLinesPerSecond) {}

void SlowQueryLog::Note(const EndedQuery& query, const absl::Status& status) {
  const absl::Time now = absl::Now();
  const absl::Duration limit = config_->Get()->slow_query_time;
  if (limit <= absl::ZeroDuration() || now - query.arrival <= limit) return;
  metrics_->SlowQuery(std::string(query.index));
  const std::optional<int64_t> left_out = lines_.Take(now);
  if (!left_out.has_value()) return;
  LogFields fields = {{"request_id", query.ids->request_id}};
  if (!query.ids->trace_id().empty()) {
    fields.emplace_back("trace_id", std::string(query.ids->trace_id()));
  }
  fields.emplace_back("caller", query.context == nullptr
                                    ? std::string(query.caller)
                                    : CallerName(*query.context));
  fields.emplace_back("peer", query.context == nullptr
                                  ? std::string(query.peer)
                                  : CallerAddress(*query.context));
  fields.emplace_back("method", std::string(query.method));
  if (query.request != nullptr) AddRequest(*query.request, &fields);
  if (query.cost != nullptr) AddCost(*query.cost, &fields);
  const absl::Time start = std::min(query.start, now);
  fields.emplace_back("queue_ms",
                      absl::ToDoubleMilliseconds(start - query.arrival));
  fields.emplace_back("search_ms", absl::ToDoubleMilliseconds(now - start));
  if (query.deadline != absl::InfiniteFuture()) {
    fields.emplace_back("deadline_ms", absl::ToDoubleMilliseconds(
                                           query.deadline - query.arrival));
  }
  fields.emplace_back(
      "code", GrpcCodeName(static_cast<grpc::StatusCode>(status.raw_code())));
  if (!status.ok()) fields.emplace_back("reason", ReasonOf(status));
  if (*left_out > 0) fields.emplace_back("suppressed", *left_out);
  LogWithFields("warning", "slow query", std::move(fields));
}

}  // namespace annod
