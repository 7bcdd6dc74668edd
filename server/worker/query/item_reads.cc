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

// The items that a call gets, as many as an answer holds: all of a label may be
// asked for, and again and again.
class AskedItems {
 public:
  AskedItems(const ItemView& items, int dim, int64_t max_bytes)
      : items_(items),
        bytes_each_(kItemBytes + int64_t{dim} * sizeof(float)),
        max_bytes_(max_bytes) {}

  absl::Status Add(int32_t id) {
    bytes_ += bytes_each_ + static_cast<int64_t>(items_.LabelOf(id).size());
    ids_.push_back(id);
    if (bytes_ <= max_bytes_) return absl::OkStatus();
    return ReasonError(
        absl::StatusCode::kResourceExhausted, kLimitReached,
        absl::StrCat("the first ", ids_.size(), " items take ", bytes_,
                     " bytes; an answer may have ", max_bytes_,
                     " (max_message_bytes); ask for fewer"),
        {{"limit", absl::StrCat(max_bytes_)}});
  }
  const std::vector<int32_t>& ids() const { return ids_; }

 private:
  const ItemView& items_;
  const int64_t bytes_each_;
  const int64_t max_bytes_;
  int64_t bytes_ = 0;
  std::vector<int32_t> ids_;
};

}  // namespace

absl::Status GetItems(const v1::GetItemsRequest& request, const IndexView& view,
                      int64_t max_bytes, v1::GetItemsResponse* response) {
  ANNOD_RETURN_IF_ERROR(CheckGetItems(request));
  ANNOD_ASSIGN_OR_RETURN(const ItemView items,
                         ItemView::Take(view, request.include_staged()));
  const int dim = view.settings.dim;
  AskedItems asked(items, dim, max_bytes);
  for (int i = 0; i < request.ids_size(); ++i) {
    if (!items.HasItem(request.ids(i))) {
      if (request.skip_missing()) continue;
      return CheckHasItem(items, absl::StrCat("ids[", i, "]"), request.ids(i));
    }
    ANNOD_RETURN_IF_ERROR(asked.Add(request.ids(i)));
  }
  for (int i = 0; i < request.labels_size(); ++i) {
    const std::vector<int32_t> named = items.IdsOfLabel(request.labels(i));
    if (named.empty()) {
      if (request.skip_missing()) continue;
      return FindLabel(items, absl::StrCat("labels[", i, "]"),
                       request.labels(i))
          .status();
    }
    for (const int32_t id : named) ANNOD_RETURN_IF_ERROR(asked.Add(id));
  }
  std::vector<float> vector(dim);
  for (const int32_t id : asked.ids()) {
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
