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
#include "server/supervisor/tls_relay.h"

namespace annod {

// Asks every worker by the port that they share. A fresh connection reaches any
// of them, but one from the same port of ours reaches the same one as long as
// the same workers listen: which one that is it says itself. So ports are
// learned from answers, asked from again, and forgotten when a worker came,
// went or was not the one expected. Who leaves a connection unanswered that
// should have been its own is silent; one that is closed at once, as a worker
// does that has too many, is not. Silent is also who is not found any more,
// although it was before, by so many connections that chance is no reason, some
// of which nobody answered and none was closed.
//
// Not thread-safe.
class PortProbes {
 public:
  using Ask = std::function<void(std::unique_ptr<ProbeCall>)>;

  // `relay` if TLS is spoken there; else null.
  PortProbes(const SocketAddress& target, int workers, absl::Duration timeout,
             TlsRelay* relay = nullptr);

  // Another process, or none, has the slot: all others are learned anew too.
  void Forget(int slot);
  void ForgiveAll();

  // Makes the calls of a round and hands each to `ask`; Ended() must follow.
  void AskAll(StallWatch::Time now, grpc::CompletionQueue* queue,
              const Ask& ask);
  // The worker that answered, if one did.
  std::optional<int> Ended(const ProbeCall& call);

  StallWatch::Duration SilentFor(int slot, StallWatch::Time now) const;

 private:
  struct Worker {
    int source_port = 0;  // of ours, that leads to it; 0: not known
    bool asking = false;  // a call from that port is under way
    bool found = false;   // it has answered at some time
    // While it is not known: since when, and how many calls had ended then.
    bool sought = false;
    StallWatch::Time sought_since;
    int ended_before = 0;
  };
  // Calls that may reach any worker, since one was missed.
  struct Search {
    int ended = 0;
    bool hung = false;    // some that were not answered
    bool closed = false;  // some that were closed: by whom is not known
  };

  void Unlearn(int slot);
  // Null if there is no descriptor for it; `connection` is closed then.
  std::unique_ptr<ProbeCall> CallOver(SourcedConnection connection, int slot,
                                      grpc::CompletionQueue* queue) const;

  const SocketAddress target_;
  const absl::Duration timeout_;
  TlsRelay* const relay_;  // may be null
  int64_t life_ = 0;       // counts Forget()
  std::optional<Search> search_;
  StallWatch watch_;
  std::vector<Worker> workers_;  // by slot
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_PORT_PROBES_H_
