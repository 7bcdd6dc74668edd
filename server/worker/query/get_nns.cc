#include "server/worker/query/get_nns.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/staging/staged_search.h"
#include "core/status_macros.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"
#include "server/rpc/query_checks.h"
#include "server/rpc/request_checks.h"
#include "server/worker/query/answer.h"
#include "server/worker/query/item_view.h"
#include "server/worker/query/query_vector.h"
#include "server/worker/query/view_lookup.h"

namespace annod {

namespace {

// Results held before they are put into the answer.
constexpr int64_t kMaxHeldNeighbors = 1 << 20;

absl::Status TimeError(absl::Duration max_call_time) {
  return absl::DeadlineExceededError(
      absl::StrCat("the call took longer than max_call_time, ",
                   absl::FormatDuration(max_call_time)));
}

}  // namespace

GetNnsHandler::GetNnsHandler(const Catalog* catalog, const LiveConfig* config,
                             RecallSampler* sampler, QueryHelpers* helpers)
    : catalog_(catalog),
      config_(config),
      sampler_(sampler),
      helpers_(helpers) {}

absl::Status GetNnsHandler::Search(const Call& call, int position,
                                   const std::function<bool()>& cancelled,
                                   QueryScratch* scratch,
                                   FoundNeighbors* found) const {
  const ItemView& items = call.items;
  ANNOD_ASSIGN_OR_RETURN(
      const QueryVector query,
      FindQueryVector(call.request, position, items, &scratch->vector,
                      &scratch->positions));
  // Other threads search with the same options at the same time.
  SearchOptions search = call.options.search;
  ItemFilter filter = call.options.filter;
  search.filter = &filter;
  search.cancelled = &cancelled;
  search.item = query.item;
  if (call.options.exclude_self) filter.excluded_id = query.item;
  const OpenVersion* const version = items.version();
  found->neighbors.clear();
  if (version != nullptr) {
    ANNOD_RETURN_IF_ERROR(version->Search(query.values, search,
                                          scratch->search.get(),
                                          &found->neighbors, &found->stats));
  }
  if (items.staged() != nullptr) {
    return SearchStaged(*items.staged(), items.index().settings.metric,
                        query.values, search, &found->neighbors, &found->stats);
  }
  const double promised = call.options.promised_recall;
  const auto sampled = [&] {
    return RecallSampler::ShouldSample(call.sample_fraction,
                                       &scratch->random_state);
  };
  // Beams wider than a comparison of all items come back by those that it
  // answers.
  if (search.engine == Engine::kExact && promised > 0 && sampled()) {
    LiveMisses& misses = *version->live_misses;
    misses.Add(promised, misses.factor(), /*found=*/1);
  }
  // Asked again, a query is not filtered but for removed items: it must not
  // have been.
  const bool filtered =
      call.options.filtered_by_call() || filter.excluded_id >= 0;
  if (search.engine != Engine::kExact && !filtered && !search.max_distance &&
      sampled()) {
    const IndexView& index = items.index();
    sampler_->Add(index.version, items.changes(), index.metrics, search.engine,
                  promised, query.values, search.n, found->neighbors);
  }
  return absl::OkStatus();
}

void GetNnsHandler::SearchTogether(const Call& call, int first, int count,
                                   QueryScratch* scratch) const {
  std::vector<FoundNeighbors>& found = scratch->found;
  if (found.size() < static_cast<size_t>(count)) found.resize(count);
  // Only the calling thread knows when the call is cancelled.
  std::atomic<bool> stop{false};
  const std::function<bool()> cancelled = [&] {
    if (!stop.load(std::memory_order_relaxed) && call.cancelled()) {
      stop.store(true, std::memory_order_relaxed);
    }
    return stop.load(std::memory_order_relaxed);
  };
  const std::function<bool()> stopped = [&stop] {
    return stop.load(std::memory_order_relaxed);
  };
  helpers_->ForEach(
      count, scratch,
      [&](int i, QueryScratch* own) {
        FoundNeighbors* const query = &found[i];
        query->stats = {};
        query->status = Search(
            call, first + i, own == scratch ? cancelled : stopped, own, query);
        return query->status.ok();
      },
      [&] { cancelled(); });
}

absl::Status GetNnsHandler::AnswerAll(const Call& call, int64_t max_bytes,
                                      QueryScratch* scratch, SearchStats* stats,
                                      v1::GetNnsResponse* response) const {
  const int n = call.options.search.n;
  const int count = call.request.queries_size();
  const int held =
      static_cast<int>(std::clamp<int64_t>(kMaxHeldNeighbors / n, 1, count));
  Answer answer(call.request, call.items, n, max_bytes, response);
  for (int first = 0; first < count; first += held) {
    const int together = std::min(held, count - first);
    SearchTogether(call, first, together, scratch);
    for (int i = 0; i < together; ++i) {
      const FoundNeighbors& query = scratch->found[i];
      ANNOD_RETURN_IF_ERROR(query.status);
      stats->nodes += query.stats.nodes;
      stats->distances += query.stats.distances;
      ANNOD_RETURN_IF_ERROR(answer.Add(query.neighbors));
    }
  }
  return answer.Finish();
}

absl::Status GetNnsHandler::Handle(const v1::GetNnsRequest& request,
                                   absl::Time deadline,
                                   const std::function<bool()>& cancelled,
                                   QueryScratch* scratch,
                                   std::shared_ptr<const IndexView>* view,
                                   v1::GetNnsResponse* response) const {
  scratch->cost = {};
  *view = catalog_->Find(request.index());
  if (*view == nullptr) {
    ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
    return IndexNotFoundError(request.index());
  }
  const std::shared_ptr<const Config> config = config_->Get();
  ANNOD_RETURN_IF_ERROR(CheckGetNns(request, config->limits));
  ANNOD_RETURN_IF_ERROR(CheckQueryOptions(request));
  const IndexView& index = **view;
  // Its items can be read, but queries wait for the next build.
  if (index.unbuilt != nullptr) ANNOD_RETURN_IF_ERROR(CheckServing(index));
  ANNOD_ASSIGN_OR_RETURN(const ItemView items,
                         ItemView::Take(index, request.include_staged()));
  const absl::Time start = absl::Now();
  const absl::Time latest = start + config->max_call_time;
  QueryOptions options;
  ANNOD_RETURN_IF_ERROR(MakeQueryOptions(request, items,
                                         std::min(deadline, latest),
                                         &scratch->filter_sets, &options));
  SearchStats stats;
  const Call call = {request, items, options, config->recall_sample_fraction,
                     cancelled};
  const absl::Status answered = AnswerAll(
      call, config->limits.max_message_bytes, scratch, &stats, response);
  scratch->Shrink();
  scratch->cost = {options.search.engine, stats};
  if (absl::IsDeadlineExceeded(answered) && latest < deadline) {
    return TimeError(config->max_call_time);
  }
  ANNOD_RETURN_IF_ERROR(answered);
  const Engine engine = options.search.engine;
  response->set_version(items.version_number());
  response->set_engine(EngineToProto(engine));
  if (engine == Engine::kForest) {
    response->set_search_k(options.search.search_k);
    response->set_ranked_by_codes(options.search.rank_by_codes);
  }
  if (engine == Engine::kGraph) response->set_beam(options.search.beam);
  if (request.include_cost()) {
    v1::SearchCost* cost = response->mutable_cost();
    cost->set_node_count(stats.nodes);
    cost->set_distance_count(stats.distances);
    cost->set_search_us(absl::ToInt64Microseconds(absl::Now() - start));
  }
  const EngineMetrics& metrics = index.metrics->Of(engine);
  metrics.queries.Add(request.queries_size());
  metrics.nodes.Add(static_cast<double>(stats.nodes));
  metrics.distances.Add(static_cast<double>(stats.distances));
  return absl::OkStatus();
}

}  // namespace annod
