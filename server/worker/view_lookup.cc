#include "server/worker/view_lookup.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "server/errors.h"

namespace annod {
namespace {

// Ids that a message names.
constexpr size_t kMaxNamedIds = 5;

}  // namespace

absl::Status CheckServing(const IndexView& view) {
  if (view.version != nullptr) return absl::OkStatus();
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

absl::Status CheckHasItem(const IndexView& view, absl::string_view field,
                          int64_t id) {
  const ForestIndex& forest = *view.version->forest;
  if (forest.HasItem(id)) return absl::OkStatus();
  return ReasonError(
      absl::StatusCode::kNotFound, kItemNotFound,
      absl::StrCat(field, " is ", id, "; index '", view.settings.name,
                   "' version ", view.version->manifest.version, " has ",
                   forest.item_count(), " items with ids below ",
                   forest.slot_count(), " and none with this one"),
      {{"index", view.settings.name}, {"item", absl::StrCat(id)}});
}

absl::StatusOr<int32_t> FindLabel(const IndexView& view,
                                  absl::string_view field,
                                  const std::string& label) {
  const LabelTable* labels = view.version->labels.get();
  const std::vector<int32_t> ids =
      labels == nullptr ? std::vector<int32_t>() : labels->IdsOf(label);
  if (ids.size() == 1) return ids[0];
  const std::string& index = view.settings.name;
  const int64_t version = view.version->manifest.version;
  const ErrorMetadata metadata = {{"index", index},
                                  {"label", Printable(label)}};
  if (ids.empty()) {
    return ReasonError(
        absl::StatusCode::kNotFound, kLabelNotFound,
        absl::StrCat(field, " is '", Printable(label), "'; index '", index,
                     "' version ", version, " has ",
                     labels == nullptr ? 0 : labels->size(),
                     " labels and not this one"),
        metadata);
  }
  const absl::Span<const int32_t> named =
      absl::MakeConstSpan(ids).subspan(0, kMaxNamedIds);
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kLabelAmbiguous,
      absl::StrCat(field, " is '", Printable(label), "', which ", ids.size(),
                   " items of index '", index, "' version ", version,
                   " have: ", absl::StrJoin(named, ", "),
                   ids.size() > named.size() ? ", ..." : "",
                   "; ask by item instead"),
      metadata);
}

}  // namespace annod
