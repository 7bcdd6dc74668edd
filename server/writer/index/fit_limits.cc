#include "server/writer/index/fit_limits.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"

namespace annod {

absl::Status CheckFitIds(int64_t first, int64_t row_count) {
  if (first + row_count - 1 <= kMaxItemId) return absl::OkStatus();
  return FieldError("options.start_index", absl::StrCat(first),
                    absl::StrCat("in [0, ", kMaxItemId - row_count + 1,
                                 "] for ", row_count, " rows"));
}

absl::Status CheckFitItems(const OverlaySource& items, const ItemLayer& rows,
                           const RowSpool& spool, const IndexSettings& settings,
                           const StagingOptions& options) {
  const int64_t last_id = rows.ids().back();
  const absl::Status limits =
      CheckItemLimits(options, items.CountItems(), last_id);
  if (absl::IsInvalidArgument(limits)) {
    return FieldError(
        spool.has_ids() ? absl::StrCat("rows[", spool.RowOf(last_id), "].id")
                        : "options.start_index",
        absl::StrCat(spool.has_ids() ? last_id : rows.ids().front()), "smaller",
        limits.message());
  }
  if (!limits.ok()) return WithReason(limits, kLimitReached);
  if (settings.allow_duplicate_labels) return absl::OkStatus();
  absl::flat_hash_map<absl::string_view, int32_t> owners;
  for (const auto& [id, label] : items.Labels()) {
    const auto [place, is_new] = owners.try_emplace(label, id);
    if (is_new) continue;
    // What was there before Fit is not to blame.
    const bool later_is_row = rows.VectorOf(id) != nullptr;
    const bool earlier_is_row = rows.VectorOf(place->second) != nullptr;
    if (!later_is_row && !earlier_is_row) continue;
    const int32_t row_id = later_is_row ? id : place->second;
    const int32_t owner = later_is_row ? place->second : id;
    return ReasonError(
        absl::StatusCode::kAlreadyExists, kLabelTaken,
        absl::StrCat("rows[", spool.RowOf(row_id), "].label: label '",
                     Printable(label), "' belongs to ",
                     later_is_row && earlier_is_row
                         ? absl::StrCat("rows[", spool.RowOf(owner), "]")
                         : absl::StrCat("item id ", owner)),
        {{"label", Printable(label)}});
  }
  return absl::OkStatus();
}

}  // namespace annod
