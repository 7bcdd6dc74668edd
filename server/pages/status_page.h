#ifndef ANNOD_SERVER_PAGES_STATUS_PAGE_H_
#define ANNOD_SERVER_PAGES_STATUS_PAGE_H_

#include "server/metrics/http_message.h"
#include "server/pages/call_history.h"
#include "server/pages/server_facts.h"

namespace annod {

// How the server does, on one page (docs/status_page.md). Shows 200 indexes at
// most, and says so.
HttpResponse StatusPage(const ServerFacts& facts, const CallHistory& history);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_STATUS_PAGE_H_
