#include "server/worker/query/query_options.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"
#include "server/worker/query/engine_choice.h"

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
  if (request.allow_items_size() > 0 || request.only_allow_items()) {
    FillSet(request.allow_items(), slot_count, &sets->allowed);
    filter->only_allowed = true;
    filter->allowed = sets->allowed.view();
    filter->allowed_ids = sets->allowed.ids();
  }
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
  // Who names the forest or a search_k asks for what Annoy answers.
  search.annoy_distances =
      request.min_recall() == 0 && search.engine != Engine::kExact &&
      (search.engine == Engine::kForest || request.search_k() > 0);
  search.filter = &options->filter;
  if (request.has_max_distance()) search.max_distance = request.max_distance();
  options->exclude_self = request.exclude_self();
  FillFilter(request, items, sets, &options->filter);
  if (items.version() == nullptr) {
    // Staged items only, which are always all compared.
    search.engine = Engine::kExact;
    return absl::OkStatus();
  }
  return ChooseEngine(request, items, &search, &options->promised_recall);
}

}  // namespace annod
