#ifndef ANNOD_CORE_STORAGE_JSON_TEXT_H_
#define ANNOD_CORE_STORAGE_JSON_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace annod {

// What JSON from outside is looked at for before it is parsed: nlohmann-json
// copies and prints values by recursion, a stack frame for each level, and
// keeps the last of members that share a name.

// Deeper than anything that annod writes or reads.
inline constexpr int kMaxJsonNesting = 64;

struct JsonShape {
  int nesting = 0;           // arrays and objects within each other
  int64_t member_count = 0;  // of all objects together
};

// Told by brackets and colons alone, for text of any kind; what is right for
// JSON, also with // and /* comments */. Linear, allocates nothing.
JsonShape ShapeOfJson(absl::string_view text);

// A name, as it is written, that two members of one object have; empty if there
// is none. For JSON that has been parsed without an error.
std::string RepeatedJsonName(absl::string_view text);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_JSON_TEXT_H_
