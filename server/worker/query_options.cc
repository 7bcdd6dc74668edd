#include "server/worker/query_options.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/forest/recall_curve.h"
#include "core/forest/recall_measure.h"
#include "core/status_macros.h"
#include "server/conversions.h"
#include "server/errors.h"

namespace annod {
namespace {

// Filters of up to this many ids keep their memory.
constexpr size_t kKeptIds = 65536;

void FillSet(const google::protobuf::RepeatedField<int32_t>& ids,
             int64_t slot_count, IdSet* set) {
  set->Reset(slot_count);
  set->AddList<int32_t>(reinterpret_cast<const char*>(ids.data()),
                        static_cast<size_t>(ids.size()));
}

void FillFilter(const v1::GetNnsRequest& request, const ItemView& items,
                FilterSets* sets, ItemFilter* filter) {
  const int64_t slot_count = items.slot_count();
  filter->hidden = items.hidden();
  if (request.exclude_items_size() > 0) {
    FillSet(request.exclude_items(), slot_count, &sets->excluded);
    filter->excluded = sets->excluded.view();
  }
  if (request.allow_items_size() > 0) {
    FillSet(request.allow_items(), slot_count, &sets->allowed);
    filter->only_allowed = true;
    filter->allowed = sets->allowed.view();
    filter->allowed_ids = sets->allowed.ids();
  }
}

// Annoy's default, but for so many neighbours that the excluded ones could be
// among them.
int64_t DefaultSearchK(const QueryOptions& options, const ForestIndex& forest) {
  const int64_t wanted = int64_t{options.search.n} +
                         options.filter.excluded.size() +
                         (options.exclude_self ? 1 : 0);
  return std::max<int64_t>(std::min(wanted, forest.slot_count()),
                           options.search.n) *
         forest.annoy_tree_count();
}

absl::Status RecallUnreachableError(const IndexView& view, double recall) {
  const RecallCurve& curve = view.version->manifest.recall_curve;
  const std::string index =
      absl::StrCat("index '", view.settings.name, "' version ",
                   view.version->manifest.version);
  const std::string why =
      curve.points.empty()
          ? absl::StrCat("the recall of ", index, " was not measured")
          : absl::StrCat(index, " has measured recalls of ",
                         curve.points.front().recall, " to ",
                         curve.points.back().recall,
                         " and needs a margin for chance");
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kRecallUnreachable,
      absl::StrCat("min_recall is ", recall, "; ", why,
                   "; without ENGINE_FOREST every item is compared"),
      {{"index", view.settings.name}, {"min_recall", absl::StrCat(recall)}});
}

// The cheapest search that finds `recall` of the neighbours.
absl::Status ChooseByRecall(double recall, const IndexView& view,
                            SearchOptions* search) {
  if (search->engine == Engine::kExact) return absl::OkStatus();
  const std::optional<int64_t> search_k =
      SearchKForRecall(view.version->manifest.recall_curve, recall, search->n);
  if (search_k) search->search_k = *search_k;
  if (search->engine == Engine::kForest) {
    return search_k ? absl::OkStatus() : RecallUnreachableError(view, recall);
  }
  const bool scan = !search_k || view.version->forest->ScanIsCheaper(*search);
  search->engine = scan ? Engine::kExact : Engine::kForest;
  return absl::OkStatus();
}

absl::Status CheckVersion(const v1::GetNnsRequest& request,
                          const ItemView& items) {
  const int64_t served = items.version_number();
  if (request.version() == 0 || request.version() == served) {
    return absl::OkStatus();
  }
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kVersionNotServed,
      absl::StrCat("version is ", request.version(), "; index '",
                   items.index().settings.name, "' serves version ", served),
      {{"index", items.index().settings.name},
       {"version", absl::StrCat(request.version())},
       {"served", absl::StrCat(served)}});
}

}  // namespace

void FilterSets::Shrink() {
  if (excluded.size() > kKeptIds) excluded = IdSet();
  if (allowed.size() > kKeptIds) allowed = IdSet();
}

absl::Status MakeQueryOptions(const v1::GetNnsRequest& request,
                              const ItemView& items, absl::Time deadline,
                              FilterSets* sets, QueryOptions* options) {
  const IndexView& view = items.index();
  ANNOD_RETURN_IF_ERROR(CheckVersion(request, items));
  SearchOptions& search = options->search;
  search.n = request.n() == 0 ? view.settings.default_n : request.n();
  search.deadline = deadline;
  search.engine = EngineFromProto(request.engine());
  search.filter = &options->filter;
  if (request.has_max_distance()) search.max_distance = request.max_distance();
  options->exclude_self = request.exclude_self();
  FillFilter(request, items, sets, &options->filter);
  if (items.version() == nullptr) {
    // Staged items only, which are always all compared.
    search.engine = Engine::kExact;
    return absl::OkStatus();
  }
  const ForestIndex& forest = *items.version()->forest;
  // 0, "not set" in a proto, means the default too.
  const bool default_search_k = request.search_k() <= 0;
  if (search.engine == Engine::kAuto && default_search_k &&
      forest.item_count() <= kTinyItems) {
    search.engine = Engine::kExact;
  }
  if (request.min_recall() > 0) {
    return ChooseByRecall(request.min_recall(), view, &search);
  }
  search.search_k =
      default_search_k ? DefaultSearchK(*options, forest) : request.search_k();
  search.engine = forest.ChooseEngine(search);
  return absl::OkStatus();
}

}  // namespace annod
