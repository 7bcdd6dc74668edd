#include "server/worker/query/item_reads.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/query_checks.h"
#include "server/worker/query/item_view.h"
#include "server/worker/query/view_lookup.h"

namespace annod {
namespace {

// What an item takes on the wire beside vector and label, at most.
constexpr int64_t kItemBytes = 24;

}  // namespace

absl::Status GetItems(const v1::GetItemsRequest& request, const IndexView& view,
                      int64_t max_bytes, v1::GetItemsResponse* response) {
  ANNOD_RETURN_IF_ERROR(CheckGetItems(request));
  ANNOD_ASSIGN_OR_RETURN(const ItemView items,
                         ItemView::Take(view, request.include_staged()));
  const int dim = view.settings.dim;
  std::vector<int32_t> ids;
  ids.reserve(request.ids_size() + request.labels_size());
  for (int i = 0; i < request.ids_size(); ++i) {
    if (!items.HasItem(request.ids(i))) {
      if (request.skip_missing()) continue;
      return CheckHasItem(items, absl::StrCat("ids[", i, "]"), request.ids(i));
    }
    ids.push_back(request.ids(i));
  }
  for (int i = 0; i < request.labels_size(); ++i) {
    const std::vector<int32_t> named = items.IdsOfLabel(request.labels(i));
    if (named.empty()) {
      if (request.skip_missing()) continue;
      return FindLabel(items, absl::StrCat("labels[", i, "]"),
                       request.labels(i))
          .status();
    }
    ids.insert(ids.end(), named.begin(), named.end());
  }
  int64_t bytes = 0;
  const int64_t vector_bytes = int64_t{dim} * sizeof(float);
  for (const int32_t id : ids) {
    bytes += kItemBytes + vector_bytes + items.LabelOf(id).size();
  }
  if (bytes > max_bytes) {
    return ReasonError(absl::StatusCode::kResourceExhausted, kLimitReached,
                       absl::StrCat(ids.size(), " items take ", bytes,
                                    " bytes; an answer may have ", max_bytes,
                                    " (max_message_bytes); ask for fewer"),
                       {{"limit", absl::StrCat(max_bytes)}});
  }
  std::vector<float> vector(dim);
  for (const int32_t id : ids) {
    ANNOD_RETURN_IF_ERROR(items.GetVector(id, absl::MakeSpan(vector)));
    v1::StoredItem* item = response->add_items();
    item->set_id(id);
    item->set_vector_bytes(vector.data(), vector.size() * sizeof(float));
    const absl::string_view label = items.LabelOf(id);
    item->set_label(label.data(), label.size());
  }
  response->set_version(items.version_number());
  return absl::OkStatus();
}

absl::Status GetDistance(const v1::GetDistanceRequest& request,
                         const IndexView& view,
                         v1::GetDistanceResponse* response) {
  ANNOD_RETURN_IF_ERROR(CheckGetDistance(request));
  ANNOD_ASSIGN_OR_RETURN(const ItemView items,
                         ItemView::Take(view, request.include_staged()));
  ANNOD_RETURN_IF_ERROR(CheckHasItem(items, "i", request.i()));
  ANNOD_RETURN_IF_ERROR(CheckHasItem(items, "j", request.j()));
  ANNOD_ASSIGN_OR_RETURN(const float distance,
                         items.Distance(request.i(), request.j()));
  response->set_distance(distance);
  return absl::OkStatus();
}

}  // namespace annod
