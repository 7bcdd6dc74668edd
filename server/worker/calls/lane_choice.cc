#include "server/worker/calls/lane_choice.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/graph/beam_curve.h"
#include "core/staging/staged_follower.h"
#include "server/worker/query/engine_choice.h"

namespace annod {
namespace {

// Components compared, by the fastest of the ways to do it about 0.1 ns each.
constexpr int64_t kQuickComponents = 4000000;
// What a search of the graph with the usual beam comes to, and how many
// distances each row of the beam costs.
constexpr int64_t kGraphRows = 2000;
constexpr int64_t kRowsPerBeam = 24;
// Up to these a request needs no look into the catalog.
constexpr int kFewQueries = 8;
constexpr int kSmallSearchK = 10000;
constexpr int kSmallBeam = 400;
constexpr int kSmallN = 100;

int64_t StagedItems(const IndexView& view) {
  if (view.staged == nullptr) return 0;
  const absl::StatusOr<std::shared_ptr<const StagedView>> staged =
      view.staged->View();
  return staged.ok() ? (*staged)->item_count() : 0;
}

// Rows of vectors that one query is compared with.
int64_t RowsOf(const v1::GetNnsRequest& request, const IndexView& view) {
  const OpenVersion& version = *view.version;
  const int64_t items = version.forest->item_count();
  if (request.engine() == v1::ENGINE_EXACT) return items;
  if (request.search_k() > 0) {
    return std::min<int64_t>(request.search_k(), items);
  }
  if (request.beam() > 0) {
    return std::min<int64_t>(request.beam() * kRowsPerBeam, items);
  }
  const int n = std::max(1, request.n());
  if (request.min_recall() <= 0) {
    const int64_t rows = version.graph == nullptr
                             ? int64_t{n} * version.forest->annoy_tree_count()
                             : std::max(kGraphRows, n * kRowsPerBeam);
    return std::min(rows, items);
  }
  const auto beam =
      request.engine() == v1::ENGINE_FOREST
          ? std::nullopt
          : BeamForRecall(version.manifest.beam_curve, request.min_recall(), n);
  if (beam) return std::min<int64_t>(*beam * kRowsPerBeam, items);
  // A demand that the curves do not reach is met by comparing every item.
  const std::optional<ForestSetting> forest =
      ForestForRecall(version, request.min_recall(), n);
  return forest ? std::min(forest->search_k, items) : items;
}

bool IsPlain(const v1::GetNnsRequest& request) {
  return request.queries_size() <= kFewQueries &&
         request.engine() != v1::ENGINE_EXACT && request.min_recall() <= 0 &&
         request.search_k() <= kSmallSearchK && request.beam() <= kSmallBeam &&
         request.n() <= kSmallN && !request.include_staged();
}

}  // namespace

Lane LaneOf(const v1::GetNnsRequest& request, const Catalog& catalog) {
  if (IsPlain(request)) return Lane::kQuick;
  const std::shared_ptr<const IndexView> view = catalog.Find(request.index());
  if (view == nullptr) return Lane::kQuick;
  int64_t rows = request.include_staged() ? StagedItems(*view) : 0;
  if (view->version != nullptr) rows += RowsOf(request, *view);
  // Rows are below 2^32, a dimension is at most 2^20, and the queries are what
  // a message can hold: this stays below 2^63 but for what cannot be quick.
  const double components = static_cast<double>(rows) * view->settings.dim *
                            std::max(1, request.queries_size());
  if (components <= kQuickComponents) return Lane::kQuick;
  return request.queries_size() > kFewQueries ? Lane::kBatch : Lane::kExact;
}

}  // namespace annod
