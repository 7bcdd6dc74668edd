#ifndef ANNOD_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
#define ANNOD_CLIENT_LOAD_LATENCY_HISTOGRAM_H_

#include <cstdint>
#include <vector>

namespace annod::load {

// How many calls took how long, to within 0.8 %, in 38 kB: 128 buckets of equal
// width between a power of two of nanoseconds and the next, up to 2^43 ns (2.4
// hours); what is longer counts as that. One thread at a time.
// Method: the logarithmic-linear buckets of G. Tene's HdrHistogram.
class LatencyHistogram {
 public:
  LatencyHistogram();

  // Constant time, no allocation. Below 0 counts as 0.
  void Record(int64_t nanoseconds);
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  // Exact, not of buckets. 0 if nothing was recorded.
  double max_ms() const { return static_cast<double>(max_ns_) / 1e6; }
  double mean_ms() const;

  // The least time, rounded up to the end of its bucket, that at least this
  // fraction of the calls, (0, 1], did not exceed. 0 if nothing was recorded.
  double PercentileMs(double fraction) const;

  // How many took longer than that, to within a bucket.
  int64_t CountAbove(int64_t nanoseconds) const;

 private:
  std::vector<int64_t> buckets_;
  int64_t count_ = 0;
  int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
