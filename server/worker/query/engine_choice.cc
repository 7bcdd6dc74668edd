#include "server/worker/query/engine_choice.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/graph/beam_curve.h"
#include "core/recall/recall_curve.h"
#include "core/recall/recall_measure.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

// What the graph is tuned for when nobody says.
constexpr double kDefaultRecall = 0.95;

// Annoy's default, but for so many neighbours that the excluded ones could be
// among them.
int64_t DefaultSearchK(const SearchOptions& search, bool exclude_self,
                       const ForestIndex& forest) {
  const int64_t wanted = int64_t{search.n} + search.filter->excluded.size() +
                         (exclude_self ? 1 : 0);
  return std::max<int64_t>(std::min(wanted, forest.slot_count()), search.n) *
         forest.annoy_tree_count();
}

std::string NameOf(const IndexView& view) {
  return absl::StrCat("index '", view.settings.name, "' version ",
                      view.version->manifest.version);
}

// `points`: of the engine's curve.
template <typename Points>
absl::Status RecallUnreachableError(const IndexView& view, double recall,
                                    const Points& points,
                                    absl::string_view engine) {
  const std::string why =
      points.empty()
          ? absl::StrCat("the recall of ", NameOf(view), " was not measured")
          : absl::StrCat(NameOf(view), " has measured recalls of ",
                         points.front().recall, " to ", points.back().recall,
                         " and needs a margin for chance");
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kRecallUnreachable,
      absl::StrCat("min_recall is ", recall, "; ", why, "; without ", engine,
                   " every item is compared"),
      {{"index", view.settings.name}, {"min_recall", absl::StrCat(recall)}});
}

absl::Status NoGraphError(const IndexView& view) {
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kNoGraph,
      absl::StrCat("engine is ENGINE_GRAPH; ", NameOf(view),
                   " has no graph: it has at most ", kTinyItems,
                   " items, is an attached file or was built without one"),
      {{"index", view.settings.name}});
}

// The forest, or all items, by recall.
absl::Status ChooseForestByRecall(double recall, const IndexView& view,
                                  SearchOptions* search) {
  const OpenVersion& version = *view.version;
  const std::optional<ForestSetting> setting =
      ForestForRecall(version, recall, search->n);
  if (setting) {
    search->search_k = setting->search_k;
    search->rank_by_codes = setting->rank_by_codes;
  }
  if (search->engine == Engine::kForest) {
    return setting ? absl::OkStatus()
                   : RecallUnreachableError(
                         view, recall, version.manifest.recall_curve.points,
                         "ENGINE_FOREST");
  }
  const bool scan = !setting || version.forest->ScanIsCheaper(*search);
  search->engine = scan ? Engine::kExact : Engine::kForest;
  return absl::OkStatus();
}

// What the answer has to find.
double RecallFor(const v1::GetNnsRequest& request) {
  return request.min_recall() > 0 ? request.min_recall() : kDefaultRecall;
}

// The beam for what is asked for; none if it cannot be reached.
std::optional<int32_t> BeamFor(const v1::GetNnsRequest& request,
                               const OpenVersion& version, Engine engine, int n,
                               double* promised_recall) {
  const BeamCurve& curve = version.manifest.beam_curve;
  if (request.beam() > 0) return request.beam();
  if (curve.points.empty() && request.min_recall() == 0) return 0;
  const double recall = RecallFor(request);
  const std::optional<int32_t> beam = BeamForRecall(curve, recall, n);
  if (beam) {
    *promised_recall = recall;
    return version.live_misses->Widened(*beam);
  }
  if (request.min_recall() > 0 || engine != Engine::kGraph) return std::nullopt;
  // Hard data and nothing but the graph: as good as was measured.
  return std::max(curve.points.back().beam, n);
}

}  // namespace

std::optional<ForestSetting> ForestForRecall(const OpenVersion& version,
                                             double recall, int n) {
  const Manifest& manifest = version.manifest;
  // Where items lie in crowds, how ten neighbours are found says nothing of as
  // many as do not fit into one; the graph's curve knows up to how many.
  const std::optional<double> factor = FactorFor(manifest.beam_curve, n);
  if (!factor || *factor > 1) return std::nullopt;
  if (version.graph != nullptr) {
    const std::optional<int64_t> search_k =
        SearchKForRecall(manifest.coded_recall_curve, recall, n);
    if (search_k) return ForestSetting{*search_k, /*rank_by_codes=*/true};
  }
  const std::optional<int64_t> search_k =
      SearchKForRecall(manifest.recall_curve, recall, n);
  if (!search_k) return std::nullopt;
  return ForestSetting{*search_k, /*rank_by_codes=*/false};
}

absl::Status ChooseEngine(const v1::GetNnsRequest& request,
                          const ItemView& items, SearchOptions* search,
                          double* promised_recall) {
  *promised_recall = 0;
  const IndexView& view = items.index();
  const OpenVersion& version = *items.version();
  // 0, "not set" in a proto, means the default too.
  const bool gives_search_k = request.search_k() > 0;
  if (search->engine == Engine::kExact) return absl::OkStatus();
  if (search->engine == Engine::kAuto && !gives_search_k &&
      version.forest->item_count() <= kTinyItems) {
    search->engine = Engine::kExact;
    return absl::OkStatus();
  }
  if (search->engine == Engine::kGraph && version.graph == nullptr) {
    return NoGraphError(view);
  }
  const bool graph = search->engine == Engine::kGraph ||
                     (search->engine == Engine::kAuto && !gives_search_k &&
                      version.graph != nullptr);
  if (graph) {
    const BeamCurve& curve = version.manifest.beam_curve;
    const std::optional<int32_t> beam =
        BeamFor(request, version, search->engine, search->n, promised_recall);
    if (beam) {
      search->beam = *beam;
      const bool scan = search->engine == Engine::kAuto &&
                        version.graph->ScanIsCheaper(*search);
      search->engine = scan ? Engine::kExact : Engine::kGraph;
      return absl::OkStatus();
    }
    if (search->engine == Engine::kGraph) {
      return RecallUnreachableError(view, request.min_recall(), curve.points,
                                    "ENGINE_GRAPH");
    }
  }
  // The graph falling short is no reason for less.
  if (request.min_recall() > 0 || graph) {
    return ChooseForestByRecall(RecallFor(request), view, search);
  }
  search->search_k =
      gives_search_k
          ? request.search_k()
          : DefaultSearchK(*search, request.exclude_self(), *version.forest);
  search->engine = version.forest->ChooseEngine(*search);
  return absl::OkStatus();
}

}  // namespace annod
