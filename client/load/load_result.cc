#include "client/load/load_result.h"

namespace annod::load {

void Merge(const LoadResult& from, LoadResult* to) {
  to->ok.Merge(from.ok);
  for (const auto& [code, calls] : from.failed) {
    FailedCalls& failed = to->failed[code];
    if (failed.latency.count() == 0) failed.first_message = calls.first_message;
    failed.latency.Merge(calls.latency);
  }
  to->answered_in_time += from.answered_in_time;
  to->unsent += from.unsent;
  to->send_lag.Merge(from.send_lag);
  to->matches += from.matches;
  to->expected += from.expected;
}

}  // namespace annod::load
