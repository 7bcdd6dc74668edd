#include "server/worker/catalog/catalog.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/rpc/conversions.h"

namespace annod {
namespace {

void AddReason(absl::string_view what, absl::string_view why,
               v1::IndexInfo* info) {
  const std::string before = info->state_reason();
  info->set_state_reason(
      absl::StrCat(before, before.empty() ? "" : "; ", what, why));
}

}  // namespace

std::shared_ptr<const Catalog::Views> Catalog::views() const {
  absl::ReaderMutexLock lock(&mu_);
  return views_;
}

std::shared_ptr<const IndexView> Catalog::Find(const std::string& name) const {
  absl::ReaderMutexLock lock(&mu_);
  const auto it = views_->find(name);
  return it == views_->end() ? nullptr : it->second;
}

void Catalog::Put(std::shared_ptr<const IndexView> view) {
  const std::string name = view->settings.name;
  Replace(name, std::move(view));
}

void Catalog::Remove(const std::string& name) {
  {
    absl::MutexLock lock(&mu_);
    staged_.erase(name);
  }
  Replace(name, nullptr);
}

void Catalog::Replace(const std::string& name,
                      std::shared_ptr<const IndexView> view) {
  std::shared_ptr<const Views> old_views;  // freed without the lock
  {
    absl::MutexLock lock(&mu_);
    auto views = std::make_shared<Views>(*views_);
    std::shared_ptr<const IndexView>& slot = (*views)[name];
    if (slot != nullptr) {
      for (const auto& version : {slot->version, slot->unbuilt}) {
        const bool kept = view != nullptr && (view->version == version ||
                                              view->unbuilt == version);
        if (version != nullptr && !kept) retired_.push_back(version);
      }
    }
    if (view == nullptr) {
      views->erase(name);
    } else {
      slot = std::move(view);
    }
    old_views = std::exchange(views_, std::move(views));
  }
  if (on_change_) on_change_();
}

void Catalog::SetStaged(const internal::v1::StagedState& state) {
  bool fails_otherwise;
  {
    absl::MutexLock lock(&mu_);
    internal::v1::StagedState& known = staged_[state.index()];
    fails_otherwise = known.failure() != state.failure();
    known = state;
  }
  if (fails_otherwise && on_change_) on_change_();
}

v1::IndexInfo Catalog::Info(const IndexView& view) const {
  v1::IndexInfo info = MakeIndexInfo(view.settings, view.version.get());
  info.set_state(view.state);
  info.set_state_reason(view.state_reason);
  for (const VersionStore::Rejected& rejected : view.quarantined) {
    v1::QuarantinedVersion* quarantined = info.add_quarantined();
    quarantined->set_version(rejected.version);
    quarantined->set_reason(rejected.reason);
  }
  info.set_revision(view.revision);
  info.set_newest_version(view.newest_version);
  info.mutable_kept_versions()->Add(view.kept_versions.begin(),
                                    view.kept_versions.end());
  FillStaged(view, &info);
  LeaveOutQuarantined(&info);
  return info;
}

void Catalog::FillStaged(const IndexView& view, v1::IndexInfo* out) const {
  v1::IndexInfo& info = *out;
  // What the writer says may be a moment old.
  absl::StatusOr<std::shared_ptr<const StagedView>> changes =
      absl::UnavailableError("");
  if (view.staged != nullptr) changes = view.staged->View();
  if (absl::IsDataLoss(changes.status()) &&
      view.state == v1::INDEX_STATE_SERVING) {
    // As every call finds out.
    info.set_state(v1::INDEX_STATE_FAILED);
    AddReason("", changes.status().message(), &info);
  }
  absl::ReaderMutexLock lock(&mu_);
  const auto it = staged_.find(view.settings.name);
  if (changes.ok()) {
    info.set_staged_item_count((*changes)->item_count());
    info.set_removed_item_count((*changes)->removed_count());
  }
  if (it == staged_.end()) return;
  const internal::v1::StagedState& staged = it->second;
  if (staged.has_replica()) {
    *info.mutable_replica() = staged.replica();
    const absl::Duration behind =
        absl::Now() - absl::FromUnixMillis(staged.in_sync_unix_ms());
    info.mutable_replica()->set_behind_seconds(
        std::max(0.0, absl::ToDoubleSeconds(behind)));
  }
  if (!changes.ok()) info.set_staged_item_count(staged.item_count());
  info.set_staged_bytes(staged.journal_bytes());
  // An attached file has no journal to say it.
  if (staged.next_id() > info.next_id()) {
    info.set_next_id(static_cast<int32_t>(staged.next_id()));
  }
  for (const v1::QuarantinedVersion& bad : staged.quarantined()) {
    const bool known =
        std::any_of(info.quarantined().begin(), info.quarantined().end(),
                    [&bad](const v1::QuarantinedVersion& other) {
                      return other.version() == bad.version();
                    });
    if (!known) *info.add_quarantined() = bad;
  }
  if (staged.has_build()) *info.mutable_build() = staged.build();
  if (!staged.failure().empty() && view.state == v1::INDEX_STATE_EMPTY) {
    info.set_state(v1::INDEX_STATE_FAILED);
    info.set_state_reason(staged.failure());
  } else if (!staged.failure().empty() &&
             view.state == v1::INDEX_STATE_SERVING) {
    AddReason(
        view.staged != nullptr && view.staged->failed()
            ? "items stored and removed since the last build are left out: "
            : "",
        staged.failure(), &info);
  }
}

void Catalog::ReleaseRetired() {
  std::vector<std::shared_ptr<const OpenVersion>> unused;
  absl::MutexLock lock(&mu_);
  const auto used_end = std::partition(
      retired_.begin(), retired_.end(),
      [](const auto& version) { return version.use_count() > 1; });
  unused.assign(std::make_move_iterator(used_end),
                std::make_move_iterator(retired_.end()));
  retired_.erase(used_end, retired_.end());
}

}  // namespace annod
