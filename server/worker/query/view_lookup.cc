#include "server/worker/query/view_lookup.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

// Ids that a message names.
constexpr size_t kMaxNamedIds = 5;

}  // namespace

absl::Status CheckServing(const IndexView& view) {
  if (view.version != nullptr) return absl::OkStatus();
  const std::string& name = view.settings.name;
  const ReasonMetadata metadata = {{"index", name}};
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

absl::Status CheckHasItem(const ItemView& items, absl::string_view field,
                          int32_t id) {
  if (items.HasItem(id)) return absl::OkStatus();
  const std::string& index = items.index().settings.name;
  return ReasonError(
      absl::StatusCode::kNotFound, kItemNotFound,
      absl::StrCat(
          field, " is ", id, "; index '", index, "' version ",
          items.version_number(), " has no item with this id",
          items.slot_count() == 0
              ? ""
              : absl::StrCat("; its ids are below ", items.slot_count())),
      {{"index", index}, {"item", absl::StrCat(id)}});
}

absl::StatusOr<int32_t> FindLabel(const ItemView& items,
                                  absl::string_view field,
                                  const std::string& label) {
  const std::vector<int32_t> ids = items.IdsOfLabel(label);
  if (ids.size() == 1) return ids[0];
  const std::string& index = items.index().settings.name;
  const int64_t version = items.version_number();
  const ReasonMetadata metadata = {{"index", index},
                                   {"label", Printable(label)}};
  if (ids.empty()) {
    const LabelTable* const built_labels =
        items.version() == nullptr ? nullptr : items.version()->labels.get();
    return ReasonError(
        absl::StatusCode::kNotFound, kLabelNotFound,
        absl::StrCat(field, " is '", Printable(label), "'; index '", index,
                     "' version ", version, " has ",
                     built_labels == nullptr ? 0 : built_labels->size(),
                     " labels and not this one",
                     items.staged() == nullptr ? "" : ", nor do staged items"),
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
