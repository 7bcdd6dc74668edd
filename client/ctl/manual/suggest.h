#ifndef ANNOD_CLIENT_CTL_MANUAL_SUGGEST_H_
#define ANNOD_CLIENT_CTL_MANUAL_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod::ctl {

// How many characters must be inserted, removed, replaced or swapped with their
// neighbour to make one of the other. Takes time a.size() * b.size().
int EditDistance(absl::string_view a, absl::string_view b);

// The one of `names` that a person who wrote `word` most likely meant: within a
// third of its length, or begun with it; empty if none is near. Ties go to the
// first.
std::string Nearest(absl::string_view word,
                    const std::vector<std::string>& names);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_SUGGEST_H_
