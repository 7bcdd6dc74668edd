#ifndef ANNOD_CORE_STAGING_REMOVED_ITEMS_H_
#define ANNOD_CORE_STAGING_REMOVED_ITEMS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace annod {

// What a removal did.
struct RemovedItems {
  std::vector<int32_t> removed_ids;         // that were there, each once
  std::vector<int32_t> missing_ids;         // of the call, without an item
  std::vector<std::string> missing_labels;  // of the call, without an item
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_REMOVED_ITEMS_H_
