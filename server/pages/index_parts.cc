#include "server/pages/index_parts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/pages/amounts.h"
#include "server/pages/page_frame.h"

namespace annod {

Html StatePill(const IndexFigures& index) {
  int all = 0;
  for (const auto& [state, count] : index.workers) all += count;
  if (index.workers.size() == 1) {
    const std::string& state = index.workers.begin()->first;
    if (index.read_only) {
      return Pill("warn", absl::StrCat(state, ", cannot be changed"));
    }
    return Pill(state == "serving"  ? "good"
                : state == "failed" ? "bad"
                                    : "warn",
                state);
  }
  std::string text;
  for (const auto& [state, count] : index.workers) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", state, " in ", count,
                    " of ", all);
  }
  return Pill(index.workers.count("failed") > 0 ? "bad" : "warn",
              text.empty() ? "unknown" : text);
}

Html RecallWithInterval(const CallFigures& calls) {
  Html out;
  const RecallEstimate estimate = EstimateRecall(calls);
  if (estimate.samples == 0) {
    out.Markup("<span class=\"soft\">no samples</span>");
    return out;
  }
  out.Text(RecallText(estimate.recall))
      .Markup(" <span class=\"soft\">(")
      .Text(absl::StrCat(RecallText(estimate.lower), " to ",
                         RecallText(estimate.upper)))
      .Markup(")</span>");
  return out;
}

std::string CallRateText(const CallFigures& calls, absl::Duration time) {
  const double seconds = std::max(1.0, absl::ToDoubleSeconds(time));
  std::string text = absl::StrCat(RateText(calls.calls / seconds), "/s");
  if (calls.failed > 0) {
    absl::StrAppend(&text, ", ", CountText(calls.failed), " failed");
  }
  return text;
}

std::string LatencyText(const CallFigures& calls, double quantile) {
  return calls.calls > 0 ? SecondsText(LatencyQuantile(calls, quantile)) : "-";
}

Html ProgressBar(double fraction) {
  Html bar;
  bar.Markup("<progress max=\"1\" value=\"")
      .Text(absl::StrFormat("%.3f", std::clamp(fraction, 0.0, 1.0)))
      .Markup("\"></progress> ")
      .Text(PercentText(fraction));
  return bar;
}

}  // namespace annod
