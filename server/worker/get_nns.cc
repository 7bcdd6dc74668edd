#include "server/worker/get_nns.h"

#include <memory>
#include <random>

#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "core/storage/staged_search.h"
#include "server/conversions.h"
#include "server/errors.h"
#include "server/query_checks.h"
#include "server/request_checks.h"
#include "server/worker/answer.h"
#include "server/worker/item_view.h"
#include "server/worker/query_vector.h"
#include "server/worker/view_lookup.h"

namespace annod {

QueryScratch::QueryScratch()
    : search(NewSearchScratch()),
      random_state(std::random_device()() | uint64_t{1}) {}

GetNnsHandler::GetNnsHandler(const Catalog* catalog, const LiveConfig* config,
                             RecallSampler* sampler)
    : catalog_(catalog), config_(config), sampler_(sampler) {}

absl::Status GetNnsHandler::Search(const v1::GetNnsRequest& request,
                                   int position, const ItemView& items,
                                   QueryOptions* options, QueryScratch* scratch,
                                   SearchStats* stats) const {
  ANNOD_ASSIGN_OR_RETURN(
      const QueryVector query,
      FindQueryVector(request, position, items, &scratch->vector,
                      &scratch->positions));
  if (options->exclude_self) options->filter.excluded_id = query.item;
  const SearchOptions& search = options->search;
  const OpenVersion* const version = items.version();
  scratch->neighbors.clear();
  if (version != nullptr) {
    ANNOD_RETURN_IF_ERROR(version->Search(query.values, search,
                                          scratch->search.get(),
                                          &scratch->neighbors, stats));
  }
  if (items.staged() != nullptr) {
    return SearchStaged(*items.staged(), items.index().settings.metric,
                        query.values, search, &scratch->neighbors, stats);
  }
  // Asked again, a query is not filtered but for removed items: it must not
  // have been.
  if (search.engine != Engine::kExact && !options->filtered_by_call() &&
      !search.max_distance && sampler_->ShouldSample(&scratch->random_state)) {
    const IndexView& index = items.index();
    sampler_->Add(index.version, items.changes(), index.metrics, search.engine,
                  query.values, search.n, scratch->neighbors);
  }
  return absl::OkStatus();
}

absl::Status GetNnsHandler::Handle(const v1::GetNnsRequest& request,
                                   absl::Time deadline,
                                   absl::FunctionRef<bool()> cancelled,
                                   QueryScratch* scratch,
                                   std::shared_ptr<const IndexView>* view,
                                   v1::GetNnsResponse* response) const {
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
  QueryOptions options;
  ANNOD_RETURN_IF_ERROR(MakeQueryOptions(request, items, deadline,
                                         &scratch->filter_sets, &options));
  SearchStats stats;
  const absl::Time start = absl::Now();
  Answer answer(request, items, options.search.n,
                config->limits.max_message_bytes, response);
  for (int i = 0; i < request.queries_size(); ++i) {
    if (i > 0 && cancelled()) return absl::CancelledError("call cancelled");
    ANNOD_RETURN_IF_ERROR(Search(request, i, items, &options, scratch, &stats));
    ANNOD_RETURN_IF_ERROR(answer.Add(scratch->neighbors));
  }
  scratch->filter_sets.Shrink();
  ANNOD_RETURN_IF_ERROR(answer.Finish());
  const Engine engine = options.search.engine;
  response->set_version(items.version_number());
  response->set_engine(EngineToProto(engine));
  if (engine == Engine::kForest) {
    response->set_search_k(options.search.search_k);
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
