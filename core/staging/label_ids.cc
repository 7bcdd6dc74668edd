#include "core/staging/label_ids.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod {

const std::string* LabelIds::Add(absl::string_view label, int32_t id) {
  const auto [place, is_new] = ids_.try_emplace(std::string(label));
  Ids& ids = place->second;
  if (is_new) {
    ids.only = id;
  } else if (ids.more != nullptr) {
    ids.more->insert(id);
  } else if (ids.only != id) {
    ids.more = std::make_unique<IdSet>(IdSet{ids.only, id});
  }
  return &place->first;
}

void LabelIds::Remove(const std::string* label, int32_t id) {
  const auto place = ids_.find(*label);
  Ids& ids = place->second;
  if (ids.more == nullptr) {
    if (ids.only == id) ids_.erase(place);
    return;
  }
  ids.more->erase(id);
  if (ids.more->size() == 1) {
    ids.only = *ids.more->begin();
    ids.more = nullptr;
  }
}

std::vector<int32_t> LabelIds::IdsOf(absl::string_view label) const {
  const auto place = ids_.find(label);
  if (place == ids_.end()) return {};
  if (place->second.more == nullptr) return {place->second.only};
  std::vector<int32_t> ids(place->second.more->begin(),
                           place->second.more->end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace annod
