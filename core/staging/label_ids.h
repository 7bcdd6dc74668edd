#ifndef ANNOD_CORE_STAGING_LABEL_IDS_H_
#define ANNOD_CORE_STAGING_LABEL_IDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"

namespace annod {

// The ids that have each label. A label that only one id has, the common case,
// costs no set of its own; any number of ids costs a constant time each. Not
// thread-safe.
class LabelIds {
 public:
  // Adds `id` to those of `label`. The text returned stays where it is until
  // the label's last id is removed.
  const std::string* Add(absl::string_view label, int32_t id);
  // `label` is text that Add() returned.
  void Remove(const std::string* label, int32_t id);

  // Ids that have `label`, ascending.
  std::vector<int32_t> IdsOf(absl::string_view label) const;

 private:
  using IdSet = absl::flat_hash_set<int32_t>;
  // One id or, if `more` is there, all of them.
  struct Ids {
    int32_t only = 0;
    std::unique_ptr<IdSet> more;
  };

  absl::node_hash_map<std::string, Ids> ids_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_LABEL_IDS_H_
