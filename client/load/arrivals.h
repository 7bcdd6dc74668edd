#ifndef ANNOD_CLIENT_LOAD_ARRIVALS_H_
#define ANNOD_CLIENT_LOAD_ARRIVALS_H_

#include <cstdint>
#include <random>

namespace annod::load {

enum class ArrivalKind {
  kPoisson,  // as from many callers who do not know of each other
  kEven,     // all the same distance apart
};

// When the calls of an open loop are due, whatever the server does: an endless
// ascending sequence, the same for the same arguments. Lane `lane` of `lanes`
// gets its share of `rate` calls a second; all lanes together make the whole.
// One thread at a time.
class Arrivals {
 public:
  Arrivals(ArrivalKind kind, double rate, int lane, int lanes, uint64_t seed);

  // Nanoseconds from the start at which the next call is due.
  int64_t Next();

 private:
  const ArrivalKind kind_;
  const double interval_ns_;  // mean, of this lane
  const double offset_ns_;
  std::mt19937_64 random_;
  int64_t count_ = 0;
  double last_ns_ = 0;
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_ARRIVALS_H_
