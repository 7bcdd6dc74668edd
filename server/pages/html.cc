#include "server/pages/html.h"

namespace annod {

Html& Html::Text(absl::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        text_ += "&amp;";
        break;
      case '<':
        text_ += "&lt;";
        break;
      case '>':
        text_ += "&gt;";
        break;
      case '"':
        text_ += "&quot;";
        break;
      case '\'':
        text_ += "&#39;";
        break;
      case '\n':
        text_ += ' ';
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
          text_ += "\xEF\xBF\xBD";  // U+FFFD
        } else {
          text_ += c;
        }
    }
  }
  return *this;
}

}  // namespace annod
