#ifndef ANNOD_SERVER_WRITER_STATE_SYNC_HUB_H_
#define ANNOD_SERVER_WRITER_STATE_SYNC_HUB_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "annod/internal/v1/sync_service.grpc.pb.h"

namespace annod {

// The writer's end of the workers' Sync streams: tells every worker which
// indexes changed on disk, and knows how far each has caught up. Thread-safe.
class SyncHub final : public internal::v1::SyncService::Service {
 public:
  // The states of the indexes named, or of all for null; names that are gone
  // are left out. Called without locks held here.
  using StagedStates = std::function<std::vector<internal::v1::StagedState>(
      const std::set<std::string>* names)>;

  // A worker that has said nothing for `silence` is not waited for; workers say
  // that they are there several times as often.
  SyncHub(StagedStates staged_states, absl::Duration silence);

  // `index` was created, dropped or published on disk: workers shall look. The
  // generation to await. Does not block.
  int64_t Announce(const std::string& index);

  // What is staged in `index`, or its build's progress, changed: workers are
  // told within kStagedPushInterval. Does not block.
  void StagedChanged(const std::string& index);

  // Waits until every connected worker has applied `generation`; one that
  // disconnects or is silent is not waited for. False if not all that are
  // connected have applied it: because of `timeout`, `cancelled` (polled, may
  // be empty), Stop(), or one that is silent.
  bool AwaitApplied(int64_t generation, absl::Duration timeout,
                    const std::function<bool()>& cancelled);

  // Workers are told nothing, and not waited for, before Release(): they are
  // not ready until then. Before the first stream.
  void Hold();
  void Release();

  // Ends all streams, now and from now on.
  void Stop();

  grpc::Status Sync(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<internal::v1::SyncResponse,
                               internal::v1::SyncRequest>* stream) override;

 private:
  // One connected worker.
  struct Peer {
    bool greeted = false;  // the first message, which means all, is sent
    bool closed = false;
    std::chrono::steady_clock::time_point heard;  // of it, last
    int64_t applied = 0;
    std::set<std::string> changed;
    std::set<std::string> staged;
    absl::Time next_staged_push = absl::InfinitePast();  // SteadyNow()
  };

  // Waits until there is something to tell `peer` and moves it to `*message`,
  // except the states of `*staged`. False if the stream shall end.
  bool NextMessage(Peer* peer, internal::v1::SyncResponse* message,
                   std::set<std::string>* staged, bool* all);
  bool AllApplied(int64_t generation) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // The same, but for those that are silent.
  bool AllThatSpeakApplied(int64_t generation) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);

  const StagedStates staged_states_;
  const std::chrono::nanoseconds silence_;

  absl::Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool held_ ABSL_GUARDED_BY(mu_) = false;
  int64_t generation_ ABSL_GUARDED_BY(mu_) = 1;
  std::list<Peer> peers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_STATE_SYNC_HUB_H_
