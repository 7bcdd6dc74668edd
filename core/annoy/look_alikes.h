#ifndef ANNOD_CORE_ANNOY_LOOK_ALIKES_H_
#define ANNOD_CORE_ANNOY_LOOK_ALIKES_H_

#include <string>
#include <vector>

#include "core/annoy/forest_data.h"

namespace annod {

// What a file that passes every check might be as well, in a sentence each: the
// bytes tell neither metric nor dimension, and some look alike
// (docs/format.md). Reads the items up to the first that is not zero.
std::vector<std::string> LookAlikesOf(const ForestData& forest);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_LOOK_ALIKES_H_
