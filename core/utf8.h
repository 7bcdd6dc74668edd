#ifndef ANNOD_CORE_UTF8_H_
#define ANNOD_CORE_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace annod {

// True if `text` is well-formed UTF-8 (RFC 3629): shortest forms only, no
// surrogates, nothing above U+10FFFF.
bool IsValidUtf8(absl::string_view text);

// `text` made safe for an error message: at most `max_bytes` bytes, control
// characters escaped, and all that is not ASCII if it is not UTF-8.
std::string ForMessage(absl::string_view text, size_t max_bytes = 64);

}  // namespace annod

#endif  // ANNOD_CORE_UTF8_H_
