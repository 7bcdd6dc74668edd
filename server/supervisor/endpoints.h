#ifndef ANNOD_SERVER_SUPERVISOR_ENDPOINTS_H_
#define ANNOD_SERVER_SUPERVISOR_ENDPOINTS_H_

#include <map>
#include <string>

#include "server/metrics/collector.h"
#include "server/metrics/http_server.h"
#include "server/supervisor/supervisor_status.h"

namespace annod {

// What the supervisor answers over HTTP; the arguments must outlive the routes.
//   /metrics  Prometheus' text format
//   /livez    200 as long as the supervisor answers at all
//   /readyz   200, or 503 with the reason
//   /healthz  the same status with details as JSON
std::map<std::string, HttpHandler> MakeEndpoints(
    const Collector* collector, const SupervisorStatus* status);

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_ENDPOINTS_H_
