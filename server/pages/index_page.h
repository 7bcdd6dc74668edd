#ifndef ANNOD_SERVER_PAGES_INDEX_PAGE_H_
#define ANNOD_SERVER_PAGES_INDEX_PAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "annod/v1/types.pb.h"
#include "server/metrics/http_message.h"
#include "server/pages/call_history.h"
#include "server/pages/server_facts.h"

namespace annod {

// One index: what it is doing, its settings, versions and recall curve. `info`
// is what a worker says of it; without it (no worker answered in time) what the
// metrics say is shown. 404 if there is no such index.
HttpResponse IndexPage(const std::string& name, const ServerFacts& facts,
                       const CallHistory& history,
                       const absl::StatusOr<v1::IndexInfo>& info);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_INDEX_PAGE_H_
