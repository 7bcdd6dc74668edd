#ifndef ANNOD_SERVER_WRITER_STATE_REPLICA_STATES_H_
#define ANNOD_SERVER_WRITER_STATE_REPLICA_STATES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "annod/internal/v1/sync_service.pb.h"

namespace annod {

// How the indexes of a replica stand to their source: told by the follower,
// asked for by Info and metrics. Thread-safe.
class ReplicaStates {
 public:
  // `index` serves what the source was seen to have at `now`.
  void InSync(const std::string& index, int64_t version, absl::Time now);
  // It does not, and `reason` says why. One that was never seen to counts from
  // `now` on.
  void Behind(const std::string& index, int64_t source_version,
              const std::string& reason, absl::Time now);
  // The same of all that are known, for the source cannot be asked.
  void AllBehind(const std::string& reason);
  void Forget(const std::string& index);

  // Fills in what is known of the index; false if nothing is.
  bool Fill(const std::string& index, internal::v1::StagedState* state) const;

 private:
  struct State {
    int64_t source_version = 0;
    int64_t in_sync_unix_ms = 0;
    std::string reason;
  };
  mutable absl::Mutex mu_;
  std::map<std::string, State> states_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_STATE_REPLICA_STATES_H_
