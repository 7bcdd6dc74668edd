#ifndef ANNOD_SERVER_SUPERVISOR_PORT_PROBES_H_
#define ANNOD_SERVER_SUPERVISOR_PORT_PROBES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "server/net/connect_from.h"
#include "server/supervisor/probe_call.h"
#include "server/supervisor/stall_watch.h"

namespace annod {

// Asks every worker by the port that they share. A fresh connection reaches any
// of them, but one from the same port of ours reaches the same one as long as
// the same workers listen: which one that is it says itself. So ports are
// learned from answers, asked from again, and forgotten when a worker came,
// went or was not the one expected. Only who leaves a connection unanswered
// that should have been its own is silent; one that is closed at once, as a
// worker does that has too many, is not.
//
// Not thread-safe.
class PortProbes {
 public:
  using Ask = std::function<void(std::unique_ptr<ProbeCall>)>;

  PortProbes(const SocketAddress& target, int workers, absl::Duration timeout);

  // Workers came or went.
  void Forget();
  void ForgiveAll() { watch_.ForgiveAll(); }

  // Makes the calls of a round and hands each to `ask`; Ended() must follow.
  void AskAll(StallWatch::Time now, grpc::CompletionQueue* queue,
              const Ask& ask);
  // The worker that answered, if one did.
  std::optional<int> Ended(const ProbeCall& call);

  StallWatch::Duration SilentFor(int slot, StallWatch::Time now) const {
    return watch_.SilentFor(slot, now);
  }

 private:
  struct Worker {
    int source_port = 0;  // of ours, that leads to it; 0: not known
    bool asking = false;  // a call from that port is under way
  };

  void Unlearn(int slot);

  const SocketAddress target_;
  const absl::Duration timeout_;
  int64_t life_ = 0;  // counts Forget()
  StallWatch watch_;
  std::vector<Worker> workers_;  // by slot
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_PORT_PROBES_H_
