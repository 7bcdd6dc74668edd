#ifndef ANNOD_SERVER_PAGES_INDEX_PARTS_H_
#define ANNOD_SERVER_PAGES_INDEX_PARTS_H_

#include <string>

#include "server/pages/call_history.h"
#include "server/pages/figures.h"
#include "server/pages/html.h"

namespace annod {

// What both pages say of an index.

// How the workers have it, coloured.
Html StatePill(const IndexFigures& index);

// "0.953 (0.941 to 0.963)" of the samples, or that there are none.
Html RecallWithInterval(const CallFigures& calls);

// "12.3/s, 2 failed".
std::string CallRateText(const CallFigures& calls, absl::Duration time);

// A quantile of their latencies; "-" without calls.
std::string LatencyText(const CallFigures& calls, double quantile);

// A bar and its percentage.
Html ProgressBar(double fraction);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_INDEX_PARTS_H_
