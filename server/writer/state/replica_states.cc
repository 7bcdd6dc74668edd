#include "server/writer/state/replica_states.h"

namespace annod {

void ReplicaStates::InSync(const std::string& index, int64_t version,
                           absl::Time now) {
  absl::MutexLock lock(&mu_);
  states_[index] = {version, absl::ToUnixMillis(now), ""};
}

void ReplicaStates::Behind(const std::string& index, int64_t source_version,
                           const std::string& reason, absl::Time now) {
  absl::MutexLock lock(&mu_);
  State& state = states_[index];
  state.source_version = source_version;
  state.reason = reason;
  if (state.in_sync_unix_ms == 0) {
    state.in_sync_unix_ms = absl::ToUnixMillis(now);
  }
}

void ReplicaStates::AllBehind(const std::string& reason) {
  absl::MutexLock lock(&mu_);
  for (auto& [index, state] : states_) state.reason = reason;
}

void ReplicaStates::Forget(const std::string& index) {
  absl::MutexLock lock(&mu_);
  states_.erase(index);
}

bool ReplicaStates::Fill(const std::string& index,
                         internal::v1::StagedState* state) const {
  absl::MutexLock lock(&mu_);
  const auto it = states_.find(index);
  if (it == states_.end()) return false;
  state->set_in_sync_unix_ms(it->second.in_sync_unix_ms);
  state->mutable_replica()->set_source_version(it->second.source_version);
  state->mutable_replica()->set_reason(it->second.reason);
  return true;
}

}  // namespace annod
