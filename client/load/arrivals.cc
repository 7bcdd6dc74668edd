#include "client/load/arrivals.h"

#include <cmath>

namespace annod::load {

Arrivals::Arrivals(ArrivalKind kind, double rate, int lane, int lanes,
                   uint64_t seed)
    : kind_(kind),
      interval_ns_(1e9 * lanes / rate),
      offset_ns_(1e9 * lane / rate),
      random_(seed * 1000003 + static_cast<uint64_t>(lane)) {}

int64_t Arrivals::Next() {
  if (kind_ == ArrivalKind::kEven) {
    return std::llround(offset_ns_ +
                        interval_ns_ * static_cast<double>(count_++));
  }
  // Not std::exponential_distribution, whose numbers differ between libraries.
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  last_ns_ -= interval_ns_ * std::log1p(-uniform);
  return std::llround(last_ns_);
}

}  // namespace annod::load
