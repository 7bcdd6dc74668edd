#ifndef ANNOD_SERVER_PAGES_HTML_H_
#define ANNOD_SERVER_PAGES_HTML_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace annod {

// HTML or SVG as it grows. Only what stands in our source becomes markup: all
// other text is escaped, for elements as for attributes in double quotes.
class Html {
 public:
  template <size_t N>
  Html& Markup(const char (&literal)[N]) {
    text_.append(literal, N - 1);
    return *this;
  }
  // Control characters are replaced.
  Html& Text(absl::string_view text);
  // What was made in the same way.
  Html& Add(const Html& part) {
    text_ += part.text_;
    return *this;
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_HTML_H_
