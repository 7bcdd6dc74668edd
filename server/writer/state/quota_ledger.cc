#include "server/writer/state/quota_ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/access/access_policy.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

absl::Status QuotaError(const StoredQuotas& quotas, absl::string_view quota,
                        int64_t value, int64_t limit, absl::string_view what) {
  return ReasonError(
      absl::StatusCode::kResourceExhausted, kQuotaReached,
      absl::StrCat(what, " identity '", quotas.identity, "' would have ", value,
                   " ", quota, "; its quotas.", quota, " is ", limit),
      {{"quota", std::string(quota)},
       {"value", absl::StrCat(value)},
       {"limit", absl::StrCat(limit)}});
}

}  // namespace

int64_t QuotaLedger::ItemsOf(const WriterIndex& index) {
  const std::shared_ptr<const OpenVersion> newest = index.newest();
  const int64_t built = newest == nullptr ? 0 : newest->manifest.item_count;
  return std::max<int64_t>(built - index.removed_count(), 0) +
         index.Staged().item_count();
}

absl::StatusOr<QuotaLedger::Grant> QuotaLedger::TakeIndex(
    const StoredQuotas& quotas, const std::string& name) {
  if (quotas.max_indexes == 0) return Grant();
  absl::MutexLock lock(&mu_);
  std::multiset<std::string>& granted = names_[quotas.identity];
  std::set<std::string> all(granted.begin(), granted.end());
  for (const auto& index : indexes_->All()) {
    if (AnyGlobMatches(quotas.indexes, index->name())) {
      all.insert(index->name());
    }
  }
  // One that is there already is not made: the call will say so.
  all.insert(name);
  if (static_cast<int64_t>(all.size()) > quotas.max_indexes) {
    return QuotaError(quotas, "indexes", static_cast<int64_t>(all.size()),
                      quotas.max_indexes,
                      absl::StrCat("with the index '", name, "'"));
  }
  granted.insert(name);
  return Grant(nullptr, [this, identity = quotas.identity, name](void*) {
    absl::MutexLock lock(&mu_);
    std::multiset<std::string>& granted = names_[identity];
    granted.erase(granted.find(name));
    if (granted.empty()) names_.erase(identity);
  });
}

absl::StatusOr<QuotaLedger::Grant> QuotaLedger::TakeItems(
    const StoredQuotas& quotas, int64_t count, absl::string_view replaced) {
  if (quotas.max_items == 0) return Grant();
  absl::MutexLock lock(&mu_);
  const auto known = items_.find(quotas.identity);
  int64_t held = known == items_.end() ? 0 : known->second;
  for (const auto& index : indexes_->All()) {
    if (index->name() == replaced) continue;
    if (AnyGlobMatches(quotas.indexes, index->name())) held += ItemsOf(*index);
  }
  if (count > quotas.max_items - held) {
    return QuotaError(
        quotas, "items", held + count, quotas.max_items,
        absl::StrCat("with ", count, " more items in the indexes it may use"));
  }
  items_[quotas.identity] += count;
  return Grant(nullptr, [this, identity = quotas.identity, count](void*) {
    absl::MutexLock lock(&mu_);
    const auto granted = items_.find(identity);
    granted->second -= count;
    if (granted->second == 0) items_.erase(granted);
  });
}

}  // namespace annod
