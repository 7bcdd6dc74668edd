#include "server/pages/amounts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace annod {

std::string CountText(double count) {
  if (!std::isfinite(count)) return "?";
  std::string text = absl::StrFormat("%.0f", count);
  for (int at = static_cast<int>(text.size()) - 3; at > (text[0] == '-');
       at -= 3) {
    text.insert(static_cast<size_t>(at), ",");
  }
  return text;
}

std::string RateText(double per_second) {
  if (per_second == 0) return "0";
  if (per_second < 1) return absl::StrFormat("%.2f", per_second);
  if (per_second < 100) return absl::StrFormat("%.1f", per_second);
  return CountText(per_second);
}

std::string BytesText(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.*f %s", unit == 0 || bytes >= 100 ? 0 : 1, bytes,
                         kUnits[unit]);
}

std::string SecondsText(double seconds) {
  if (std::isinf(seconds)) return "over 10 s";
  if (seconds >= 10) return absl::StrCat(CountText(seconds), " s");
  if (seconds >= 1) return absl::StrFormat("%.2g s", seconds);
  if (seconds >= 1e-3) return absl::StrFormat("%.3g ms", seconds * 1e3);
  return absl::StrFormat("%.3g µs", seconds * 1e6);
}

std::string RecallText(double fraction) {
  return absl::StrFormat("%.3f", fraction);
}

std::string PercentText(double fraction) {
  return absl::StrFormat("%.0f %%", std::clamp(fraction, 0.0, 1.0) * 100);
}

std::string AgeText(absl::Duration age) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(age));
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) {
    return absl::StrCat(seconds / 60, " min ", seconds % 60, " s");
  }
  if (seconds < 86400) {
    return absl::StrCat(seconds / 3600, " h ", seconds / 60 % 60, " min");
  }
  return absl::StrCat(seconds / 86400, " d ", seconds / 3600 % 24, " h");
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace annod
