#include "core/storage/json_text.h"

#include <algorithm>
#include <set>
#include <vector>

namespace annod {
namespace {

// Where the string that begins at `at` ends: behind its closing quote.
size_t EndOfString(absl::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Likewise of a comment; `at` + 1 if none begins there.
size_t EndOfComment(absl::string_view text, size_t at) {
  const absl::string_view begin = text.substr(at, 2);
  const absl::string_view mark = begin == "//"   ? "\n"
                                 : begin == "/*" ? "*/"
                                                 : "";
  if (mark.empty()) return at + 1;
  const size_t end = text.find(mark, at + 2);
  return end == absl::string_view::npos ? text.size() : end + mark.size();
}

}  // namespace

JsonShape ShapeOfJson(absl::string_view text) {
  JsonShape shape;
  int depth = 0;
  for (size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"':
        at = EndOfString(text, at);
        continue;
      case '/':
        at = EndOfComment(text, at);
        continue;
      case '[':
      case '{':
        shape.nesting = std::max(shape.nesting, ++depth);
        break;
      case ']':
      case '}':
        --depth;
        break;
      case ':':
        ++shape.member_count;
        break;
      default:
        break;
    }
    ++at;
  }
  return shape;
}

std::string RepeatedJsonName(absl::string_view text) {
  std::vector<std::set<absl::string_view>> names;  // of objects not yet closed
  absl::string_view last;                          // string before a colon
  for (size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"': {
        const size_t end = EndOfString(text, at);
        last = text.substr(at, end - at);
        at = end;
        continue;
      }
      case '/':
        at = EndOfComment(text, at);
        continue;
      case '[':
      case '{':
        names.emplace_back();
        break;
      case ']':
      case '}':
        if (!names.empty()) names.pop_back();
        break;
      case ':':
        if (!names.empty() && !names.back().insert(last).second) {
          return std::string(last.substr(1, last.size() - 2));
        }
        break;
      default:
        break;
    }
    ++at;
  }
  return "";
}

}  // namespace annod
