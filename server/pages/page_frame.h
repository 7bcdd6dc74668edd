#ifndef ANNOD_SERVER_PAGES_PAGE_FRAME_H_
#define ANNOD_SERVER_PAGES_PAGE_FRAME_H_

#include <string>

#include "server/metrics/http_message.h"
#include "server/pages/html.h"

namespace annod {

// A page around `body`: its head, its style, and headers by which a browser
// loads nothing, runs no script and shows it in no other page. `title` is not
// trusted.
HttpResponse MakePage(int status, const std::string& title, const Html& body);

// A cell of a table; `name` is what it is called where columns have no head, on
// a narrow screen.
void Cell(const char* name, const Html& content, Html* page);
void Cell(const char* name, const std::string& text, Html* page);

// A coloured word: "good", "warn" or "bad".
Html Pill(const std::string& grade, const std::string& text);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_PAGE_FRAME_H_
