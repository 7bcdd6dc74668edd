#include "server/worker/calls/long_reads.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/worker/calls/admission_gate.h"
#include "server/worker/calls/refusal.h"

namespace annod {

absl::Status LongReads::Add(Read read) {
  const int max_calls =
      LimitsOf(config_->Get()->admission, search_threads_).max_in_flight;
  active_.fetch_add(1);
  const auto work = [this, read = std::move(read)](AnswerMemory*) {
    read();
    active_.fetch_sub(1);
  };
  if (threads_.TryAdd(work, max_calls)) return absl::OkStatus();
  active_.fetch_sub(1);
  metrics_->rejected_in_flight.Add();
  return OverloadedError(
      absl::StrCat("a worker has ", max_calls, " long reads (max_in_flight)"),
      threads_.QueueTime());
}

}  // namespace annod
