#ifndef ANNOD_SERVER_PAGES_AMOUNTS_H_
#define ANNOD_SERVER_PAGES_AMOUNTS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace annod {

// Amounts as people read them.

std::string CountText(double count);       // "20,000"
std::string RateText(double per_second);   // "1,234", "12.3", "0.05"
std::string BytesText(double bytes);       // "21.5 MB"
std::string SecondsText(double seconds);   // "1.2 ms"; "over 10 s" if infinite
std::string RecallText(double fraction);   // "0.953"
std::string AgeText(absl::Duration age);   // "3 d 4 h", "12 s"
std::string TimeText(absl::Time time);     // "2026-11-30 04:12:07 UTC"
std::string PercentText(double fraction);  // "42 %"

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_AMOUNTS_H_
