#include "server/worker/item_reads.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/status_macros.h"
#include "server/errors.h"
#include "server/query_checks.h"
#include "server/worker/view_lookup.h"

namespace annod {
namespace {

// What an item takes on the wire beside vector and label, at most.
constexpr int64_t kItemBytes = 24;

absl::Status CheckStaged(bool include_staged) {
  if (!include_staged) return absl::OkStatus();
  return FieldError("include_staged", "true", "false");
}

}  // namespace

absl::Status GetItems(const v1::GetItemsRequest& request, const IndexView& view,
                      int64_t max_bytes, v1::GetItemsResponse* response) {
  ANNOD_RETURN_IF_ERROR(CheckGetItems(request));
  ANNOD_RETURN_IF_ERROR(CheckStaged(request.include_staged()));
  ANNOD_RETURN_IF_ERROR(CheckServing(view));
  const ForestIndex& forest = *view.version->forest;
  std::vector<int32_t> ids;
  ids.reserve(request.ids_size() + request.labels_size());
  for (int i = 0; i < request.ids_size(); ++i) {
    if (!forest.HasItem(request.ids(i))) {
      return CheckHasItem(view, absl::StrCat("ids[", i, "]"), request.ids(i));
    }
    ids.push_back(request.ids(i));
  }
  for (int i = 0; i < request.labels_size(); ++i) {
    ANNOD_ASSIGN_OR_RETURN(
        const int32_t id,
        FindLabel(view, absl::StrCat("labels[", i, "]"), request.labels(i)));
    ids.push_back(id);
  }
  const LabelTable* labels = view.version->labels.get();
  const auto label_of = [labels](int32_t id) {
    return labels == nullptr ? absl::string_view() : labels->LabelOf(id);
  };
  int64_t bytes = 0;
  const int64_t vector_bytes = int64_t{forest.dim()} * sizeof(float);
  for (const int32_t id : ids) {
    bytes += kItemBytes + vector_bytes + label_of(id).size();
  }
  if (bytes > max_bytes) {
    return ReasonError(absl::StatusCode::kResourceExhausted, kLimitReached,
                       absl::StrCat(ids.size(), " items take ", bytes,
                                    " bytes; an answer may have ", max_bytes,
                                    " (max_message_bytes); ask for fewer"),
                       {{"limit", absl::StrCat(max_bytes)}});
  }
  std::vector<float> vector(forest.dim());
  for (const int32_t id : ids) {
    ANNOD_RETURN_IF_ERROR(forest.GetVector(id, absl::MakeSpan(vector)));
    v1::StoredItem* item = response->add_items();
    item->set_id(id);
    item->set_vector_bytes(vector.data(), vector.size() * sizeof(float));
    const absl::string_view label = label_of(id);
    item->set_label(label.data(), label.size());
  }
  response->set_version(view.version->manifest.version);
  return absl::OkStatus();
}

absl::Status GetDistance(const v1::GetDistanceRequest& request,
                         const IndexView& view,
                         v1::GetDistanceResponse* response) {
  ANNOD_RETURN_IF_ERROR(CheckGetDistance(request));
  ANNOD_RETURN_IF_ERROR(CheckStaged(request.include_staged()));
  ANNOD_RETURN_IF_ERROR(CheckServing(view));
  ANNOD_RETURN_IF_ERROR(CheckHasItem(view, "i", request.i()));
  ANNOD_RETURN_IF_ERROR(CheckHasItem(view, "j", request.j()));
  ANNOD_ASSIGN_OR_RETURN(const float distance, view.version->forest->Distance(
                                                   request.i(), request.j()));
  response->set_distance(distance);
  return absl::OkStatus();
}

}  // namespace annod
