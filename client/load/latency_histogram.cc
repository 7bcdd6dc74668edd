#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace annod::load {
namespace {

constexpr int kSubBits = 7;  // 128 buckets from a power of two to the next
constexpr int64_t kSubCount = int64_t{1} << kSubBits;
constexpr int kHighestBit = 43;
constexpr int64_t kLongest = (int64_t{1} << kHighestBit) - 1;
// The first kSubCount buckets hold one value each.
constexpr int64_t kBucketCount = (kHighestBit - kSubBits + 1) * kSubCount;

int HighestBit(int64_t value) {
  return 63 - __builtin_clzll(static_cast<uint64_t>(value));
}

int64_t BucketOf(int64_t value) {
  if (value < kSubCount) return value;
  const int shift = HighestBit(value) - kSubBits;
  return (shift + 1) * kSubCount + (value >> shift) - kSubCount;
}

// The largest value of a bucket.
int64_t EndOf(int64_t bucket) {
  if (bucket < kSubCount) return bucket;
  const int64_t shift = bucket / kSubCount - 1;
  return ((bucket % kSubCount + kSubCount + 1) << shift) - 1;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(kBucketCount) {}

void LatencyHistogram::Record(int64_t nanoseconds) {
  const int64_t value = std::clamp(nanoseconds, int64_t{0}, kLongest);
  ++buckets_[BucketOf(value)];
  ++count_;
  max_ns_ = std::max(max_ns_, value);
  sum_ns_ += static_cast<double>(value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

double LatencyHistogram::mean_ms() const {
  return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_) / 1e6;
}

double LatencyHistogram::PercentileMs(double fraction) const {
  const int64_t wanted = std::max<int64_t>(
      1,
      std::llround(std::ceil(fraction * static_cast<double>(count_) - 1e-9)));
  int64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      return static_cast<double>(
                 std::min(EndOf(static_cast<int64_t>(i)), max_ns_)) /
             1e6;
    }
  }
  return max_ms();
}

int64_t LatencyHistogram::CountAbove(int64_t nanoseconds) const {
  const int64_t value = std::clamp(nanoseconds, int64_t{0}, kLongest);
  return std::accumulate(buckets_.begin() + BucketOf(value) + 1, buckets_.end(),
                         int64_t{0});
}

}  // namespace annod::load
