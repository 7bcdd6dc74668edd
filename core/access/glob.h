#ifndef ANNOD_CORE_ACCESS_GLOB_H_
#define ANNOD_CORE_ACCESS_GLOB_H_

#include "absl/strings/string_view.h"

namespace annod {

// Whether `text` is `pattern`, in which a "*" stands for any bytes, none
// included, and every other byte for itself. Takes at most the product of both
// lengths in steps, and no memory.
bool GlobMatches(absl::string_view pattern, absl::string_view text);

}  // namespace annod

#endif  // ANNOD_CORE_ACCESS_GLOB_H_
