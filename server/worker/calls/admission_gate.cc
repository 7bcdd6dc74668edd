#include "server/worker/calls/admission_gate.h"

namespace annod {
namespace {

// Of the last few dozen calls: old enough to be a mean, young enough to notice
// that searches got slower.
constexpr int64_t kMeanOver = 32;
// So long that the bursts between are too few calls to show in a 99th
// percentile.
constexpr absl::Duration kOverloadTime = absl::Seconds(10);

constexpr int kInFlightPerThread = 64;

}  // namespace

AdmissionLimits LimitsOf(const Admission& admission, int threads) {
  return {admission.max_in_flight > 0 ? admission.max_in_flight
                                      : threads * kInFlightPerThread,
          admission.max_queue_time, admission.overload_queue_time};
}

AdmissionGate::Verdict AdmissionGate::Arrive(const AdmissionLimits& limits,
                                             absl::Time now, int waiting,
                                             int running) {
  if (waiting + running >= limits.max_in_flight) {
    if (!overloaded(now)) full_ns_.store(absl::ToUnixNanos(now), kRelaxed);
    return Verdict::kTooMany;
  }
  const bool too_long = waiting >= threads_ && overloaded(now) &&
                        QueueTime(waiting) > limits.overload_queue_time;
  return too_long ? Verdict::kTooLong : Verdict::kAdmitted;
}

AdmissionGate::Verdict AdmissionGate::Begin(const AdmissionLimits& limits,
                                            absl::Time now,
                                            absl::Time arrival) const {
  return now - arrival > limits.max_queue_time ? Verdict::kTooLong
                                               : Verdict::kAdmitted;
}

bool AdmissionGate::overloaded(absl::Time now) const {
  const absl::Time full = absl::FromUnixNanos(full_ns_.load(kRelaxed));
  // It may be ahead of a clock that was set back meanwhile.
  return absl::AbsDuration(now - full) < kOverloadTime;
}

void AdmissionGate::End(absl::Duration service_time) {
  const int64_t ns = absl::ToInt64Nanoseconds(service_time);
  const int64_t mean = service_ns_.load(kRelaxed);
  service_ns_.store(mean == 0 ? ns : mean + (ns - mean) / kMeanOver, kRelaxed);
}

absl::Duration AdmissionGate::QueueTime(int waiting) const {
  return absl::Nanoseconds(service_ns_.load(kRelaxed)) * waiting / threads_;
}

}  // namespace annod
