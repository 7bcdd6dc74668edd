#include "server/worker/admission_gate.h"

namespace annod {
namespace {

// Of the last few dozen calls: old enough to be a mean, young enough to notice
// that searches got slower.
constexpr int64_t kMeanOver = 32;
// Without a refusal, after which an overload is over.
constexpr absl::Duration kOverloadTime = absl::Seconds(1);

}  // namespace

AdmissionGate::Verdict AdmissionGate::Arrive(const AdmissionLimits& limits,
                                             absl::Time now, int waiting,
                                             int running) {
  if (waiting + running >= limits.max_in_flight) {
    return Refuse(Verdict::kTooMany, now);
  }
  if (waiting < threads_) return Verdict::kAdmitted;
  const absl::Duration limit =
      overloaded(now) ? limits.overload_queue_time : limits.max_queue_time;
  return QueueTime(waiting) > limit ? Refuse(Verdict::kTooLong, now)
                                    : Verdict::kAdmitted;
}

AdmissionGate::Verdict AdmissionGate::Begin(const AdmissionLimits& limits,
                                            absl::Time now,
                                            absl::Time arrival) {
  return now - arrival > limits.max_queue_time ? Refuse(Verdict::kTooLong, now)
                                               : Verdict::kAdmitted;
}

AdmissionGate::Verdict AdmissionGate::Refuse(Verdict why, absl::Time now) {
  refused_ns_.store(absl::ToUnixNanos(now), kRelaxed);
  return why;
}

bool AdmissionGate::overloaded(absl::Time now) const {
  return now - absl::FromUnixNanos(refused_ns_.load(kRelaxed)) < kOverloadTime;
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
