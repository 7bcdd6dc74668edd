#include "server/worker/query/item_view.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/staging/staged_follower.h"
#include "core/staging/staged_search.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/worker/query/view_lookup.h"

namespace annod {
namespace {

absl::Status CannotFollow(const IndexView& view, const absl::Status& status) {
  const std::string& name = view.settings.name;
  if (absl::IsUnavailable(status)) {
    return ReasonError(absl::StatusCode::kUnavailable, kIndexLoading,
                       absl::StrCat("index '", name, "' is being loaded (",
                                    status.message(), "); try again"),
                       {{"index", name}});
  }
  return ReasonError(
      absl::StatusCode::kDataLoss, kIndexFailed,
      absl::StrCat("what is stored and removed in index '", name,
                   "' since its last build cannot be read: ", status.message()),
      {{"index", name}});
}

}  // namespace

absl::StatusOr<ItemView> ItemView::Take(const IndexView& view,
                                        bool include_staged) {
  if (!include_staged || view.staged == nullptr) {
    ANNOD_RETURN_IF_ERROR(CheckServing(view));
  }
  if (view.staged == nullptr) return ItemView(&view, include_staged, nullptr);
  if (include_staged && view.staged->failed()) {
    return CannotFollow(
        view, absl::DataLossError("its journal is damaged (Info says where)"));
  }
  absl::StatusOr<std::shared_ptr<const StagedView>> staged =
      view.staged->View();
  if (!staged.ok()) return CannotFollow(view, staged.status());
  if ((*staged)->empty()) staged->reset();
  const bool has_staged_items =
      *staged != nullptr && (*staged)->item_count() > 0;
  if (!has_staged_items && view.unbuilt == nullptr) {
    ANNOD_RETURN_IF_ERROR(CheckServing(view));
  }
  return ItemView(&view, include_staged, *std::move(staged));
}

int64_t ItemView::version_number() const {
  return index_->version == nullptr ? 0 : index_->version->manifest.version;
}

IdSetView ItemView::hidden() const {
  if (staged_ == nullptr) return IdSetView();
  return include_staged_ ? staged_->replaced() : staged_->removed();
}

int64_t ItemView::slot_count() const {
  const int64_t built =
      version() == nullptr ? 0 : version()->forest->slot_count();
  return staged() == nullptr ? built : std::max(built, staged()->slot_count());
}

const StagedRecord* ItemView::StagedItem(int32_t id) const {
  return staged() == nullptr ? nullptr : staged()->Find(id).item;
}

bool ItemView::HasItem(int32_t id) const {
  if (StagedItem(id) != nullptr) return true;
  return version() != nullptr && version()->forest->HasItem(id) &&
         !hidden().Contains(id);
}

absl::Status ItemView::GetVector(int32_t id, absl::Span<float> out) const {
  const StagedRecord* const item = StagedItem(id);
  if (item == nullptr) return version()->forest->GetVector(id, out);
  std::copy_n(item->vector, out.size(), out.begin());
  if (index_->settings.metric == Metric::kHamming) {
    // As a built version gives it back.
    for (float& value : out) value = value > 0.5F ? 1 : 0;
  }
  return absl::OkStatus();
}

absl::string_view ItemView::LabelOf(int32_t id) const {
  const StagedRecord* const item = StagedItem(id);
  if (item != nullptr) return item->label();
  if (version() == nullptr || version()->labels == nullptr) return {};
  return version()->labels->LabelOf(id);
}

std::vector<int32_t> ItemView::IdsOfLabel(absl::string_view label) const {
  std::vector<int32_t> ids;
  if (version() != nullptr && version()->labels != nullptr) {
    ids = version()->labels->IdsOf(label);
    const IdSetView gone = hidden();
    ids.erase(std::remove_if(ids.begin(), ids.end(),
                             [&](int32_t id) { return gone.Contains(id); }),
              ids.end());
  }
  if (staged() == nullptr) return ids;
  for (const int32_t id : staged()->IdsOfLabel(label)) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<float> ItemView::Distance(int32_t i, int32_t j) const {
  if (StagedItem(i) == nullptr && StagedItem(j) == nullptr) {
    return version()->forest->Distance(i, j);
  }
  const auto dim = static_cast<size_t>(index_->settings.dim);
  std::vector<float> a(dim);
  std::vector<float> b(dim);
  ANNOD_RETURN_IF_ERROR(GetVector(i, absl::MakeSpan(a)));
  ANNOD_RETURN_IF_ERROR(GetVector(j, absl::MakeSpan(b)));
  return VectorDistance(index_->settings.metric, a, b);
}

}  // namespace annod
