#include "server/worker/get_nns.h"

#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/conversions.h"
#include "server/errors.h"
#include "server/request_checks.h"

namespace annod {
namespace {

// Up to this size comparing every item costs no more than walking the trees,
// and misses nothing.
constexpr int64_t kTinyItems = 1000;

absl::Status NotServingError(const IndexView& view) {
  const std::string& name = view.settings.name;
  const ErrorMetadata metadata = {{"index", name}};
  switch (view.state) {
    case v1::INDEX_STATE_EMPTY:
      return ReasonError(
          absl::StatusCode::kFailedPrecondition, kIndexNotBuilt,
          absl::StrCat("index '", name, "' has no version yet; call Build"),
          metadata);
    case v1::INDEX_STATE_LOADING:
      return ReasonError(
          absl::StatusCode::kUnavailable, kIndexLoading,
          absl::StrCat("index '", name, "' is being loaded; try again"),
          metadata);
    default:
      return ReasonError(
          absl::StatusCode::kDataLoss, kIndexFailed,
          absl::StrCat("index '", name,
                       "' has no usable version: ", view.state_reason),
          metadata);
  }
}

absl::Status ItemNotFoundError(const IndexView& view, int position,
                               int64_t id) {
  return ReasonError(
      absl::StatusCode::kNotFound, kItemNotFound,
      absl::StrCat(
          "queries[", position, "].item is ", id, "; index '",
          view.settings.name, "' version ", view.version->manifest.version,
          " has ", view.version->forest->item_count(), " items with ids below ",
          view.version->forest->slot_count(), " and none with this one"),
      {{"index", view.settings.name}, {"item", absl::StrCat(id)}});
}

absl::StatusOr<int32_t> IdOfLabel(const IndexView& view, int position,
                                  const std::string& label) {
  const LabelTable* labels = view.version->labels.get();
  const std::optional<int32_t> id =
      labels == nullptr ? std::nullopt : labels->IdOf(label);
  if (id) return *id;
  return ReasonError(
      absl::StatusCode::kNotFound, kLabelNotFound,
      absl::StrCat("queries[", position, "].label is '", Printable(label),
                   "'; index '", view.settings.name, "' version ",
                   view.version->manifest.version, " has ",
                   labels == nullptr ? 0 : labels->size(),
                   " labels and not this one"),
      {{"index", view.settings.name}, {"label", Printable(label)}});
}

SearchOptions OptionsFor(const v1::GetNnsRequest& request,
                         const IndexView& view, absl::Time deadline) {
  SearchOptions options;
  options.n = request.n() == 0 ? view.settings.default_n : request.n();
  // 0, "not set" in a proto, means Annoy's default too.
  options.search_k = request.search_k() == 0 ? -1 : request.search_k();
  options.deadline = deadline;
  options.engine = EngineFromProto(request.engine());
  if (options.engine == Engine::kAuto) {
    const bool tiny = view.version->forest->item_count() <= kTinyItems;
    options.engine =
        tiny && options.search_k < 0 ? Engine::kExact : Engine::kForest;
  }
  return options;
}

// What an id and a distance take on the wire, at most, and a label beside its
// text.
constexpr int64_t kNeighborBytes = 9;
constexpr int64_t kLabelOverheadBytes = 3;

absl::Status AnswerTooLargeError(int position, int64_t limit) {
  return ReasonError(
      absl::StatusCode::kResourceExhausted, kLimitReached,
      absl::StrCat("queries[", position, "] makes the answer larger than ",
                   limit,
                   " bytes (max_message_bytes); send fewer queries in a "
                   "call, or ask for a smaller n or no labels"),
      {{"limit", absl::StrCat(limit)}});
}

// Returns about how many bytes it added.
int64_t AppendResult(const v1::GetNnsRequest& request, const IndexView& view,
                     const SearchOptions& options,
                     const std::vector<Neighbor>& neighbors,
                     v1::GetNnsResponse* response) {
  v1::NeighborList* result = response->add_results();
  result->set_truncated(neighbors.size() < static_cast<size_t>(options.n));
  const int count = static_cast<int>(neighbors.size());
  result->mutable_ids()->Reserve(count);
  for (const Neighbor& neighbor : neighbors) result->add_ids(neighbor.id);
  if (request.include_distances()) {
    result->mutable_distances()->Reserve(count);
    for (const Neighbor& neighbor : neighbors) {
      result->add_distances(neighbor.distance);
    }
  }
  int64_t bytes = kNeighborBytes * count;
  if (request.include_labels()) {
    const LabelTable* labels = view.version->labels.get();
    for (const Neighbor& neighbor : neighbors) {
      const absl::string_view label = labels == nullptr
                                          ? absl::string_view()
                                          : labels->LabelOf(neighbor.id);
      result->add_labels(label.data(), label.size());
      bytes += static_cast<int64_t>(label.size()) + kLabelOverheadBytes;
    }
  }
  return bytes;
}

}  // namespace

QueryScratch::QueryScratch()
    : search(NewSearchScratch()),
      random_state(std::random_device()() | uint64_t{1}) {}

GetNnsHandler::GetNnsHandler(const Catalog* catalog, const LiveConfig* config,
                             RecallSampler* sampler)
    : catalog_(catalog), config_(config), sampler_(sampler) {}

absl::Status GetNnsHandler::Answer(const v1::Query& query, int position,
                                   const IndexView& view,
                                   const SearchOptions& options,
                                   QueryScratch* scratch,
                                   SearchStats* stats) const {
  ANNOD_RETURN_IF_ERROR(CheckQuery(query, position, view.settings));
  const ForestIndex& forest = *view.version->forest;
  absl::Span<const float> vector;
  if (query.has_vector() || query.has_vector_bytes()) {
    vector = VectorOf(query, &scratch->vector);
  } else {
    int32_t id = query.item();
    if (query.has_label()) {
      ANNOD_ASSIGN_OR_RETURN(id, IdOfLabel(view, position, query.label()));
    }
    // A hole would search with the zero vector: nobody stored that.
    if (!forest.HasItem(id)) return ItemNotFoundError(view, position, id);
    scratch->vector.resize(forest.dim());
    ANNOD_RETURN_IF_ERROR(
        forest.GetVector(id, absl::MakeSpan(scratch->vector)));
    vector = scratch->vector;
  }
  ANNOD_RETURN_IF_ERROR(forest.Search(vector, options, scratch->search.get(),
                                      &scratch->neighbors, stats));
  if (options.engine != Engine::kExact &&
      sampler_->ShouldSample(&scratch->random_state)) {
    sampler_->Add(view.version, view.metrics, vector, options.n,
                  scratch->neighbors);
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
  if ((*view)->version == nullptr) return NotServingError(**view);
  const IndexView& index = **view;
  const SearchOptions options = OptionsFor(request, index, deadline);
  SearchStats stats;
  int64_t answer_bytes = 0;
  const absl::Time start = absl::Now();
  response->mutable_results()->Reserve(request.queries_size());
  for (int i = 0; i < request.queries_size(); ++i) {
    if (i > 0 && cancelled()) return absl::CancelledError("call cancelled");
    ANNOD_RETURN_IF_ERROR(
        Answer(request.queries(i), i, index, options, scratch, &stats));
    answer_bytes +=
        AppendResult(request, index, options, scratch->neighbors, response);
    if (answer_bytes > config->limits.max_message_bytes) {
      return AnswerTooLargeError(i, config->limits.max_message_bytes);
    }
  }
  response->set_version(index.version->manifest.version);
  response->set_engine(EngineToProto(options.engine));
  if (request.include_cost()) {
    v1::SearchCost* cost = response->mutable_cost();
    cost->set_node_count(stats.nodes);
    cost->set_distance_count(stats.distances);
    cost->set_search_us(absl::ToInt64Microseconds(absl::Now() - start));
  }
  const EngineMetrics& metrics = index.metrics->Of(options.engine);
  metrics.queries.Add(request.queries_size());
  metrics.nodes.Add(static_cast<double>(stats.nodes));
  metrics.distances.Add(static_cast<double>(stats.distances));
  return absl::OkStatus();
}

}  // namespace annod
