#include "tests/endurance/report.h"

#include "absl/strings/str_format.h"

namespace annod::endurance {

std::string Summary(const std::string& kind, const Report& report,
                    double seconds) {
  return absl::StrFormat(
      "%s: %d operations, %d stops, %d items acknowledged, %d removals "
      "acknowledged, %d lost, %d reappeared, in %.0f s",
      kind, report.operations, report.stops, report.acknowledged,
      report.removed, report.lost, report.reappeared, seconds);
}

}  // namespace annod::endurance
