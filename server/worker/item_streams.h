#ifndef ANNOD_SERVER_WORKER_ITEM_STREAMS_H_
#define ANNOD_SERVER_WORKER_ITEM_STREAMS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace annod {

// The calls whose callers stream to us, AddItems, Fit and Deserialize, or those
// that wait for the end of a build: how many there are, of whom, and which of
// them wait. Outlives every call. Thread-safe.
class ItemStreams {
 public:
  // One of them, from its admission to its end.
  class Stream {
   public:
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // The caller's next message, or the build, is awaited from now on, or the
    // message has come.
    void Await();
    void Got();
    // Called once with what the call shall end with, from EndIdle(), which
    // waits for its end; empty: no more. It must not call this object.
    void SetOnIdle(std::function<void(const absl::Status& why)> on_idle);

   private:
    friend class ItemStreams;
    Stream(ItemStreams* owner, std::string peer);
    void EndIfIdle(absl::Time since, const absl::Status& why);

    ItemStreams* const owner_;
    const std::string peer_;
    absl::Mutex mu_;
    absl::Time awaited_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
    std::function<void(const absl::Status&)> on_idle_ ABSL_GUARDED_BY(mu_);
  };

  enum class Refusal { kNone, kTooMany, kTooManyOfPeer };

  // Null, and why, if there are `max_streams` already or `max_of_peer` of this
  // peer, a connection.
  std::shared_ptr<Stream> Admit(const std::string& peer, int max_streams,
                                int max_of_peer, Refusal* refusal);

  // Ends with `why` those that have been waiting for `timeout`.
  void EndIdle(absl::Duration timeout, const absl::Status& why);

 private:
  void Leave(Stream* stream);

  absl::Mutex mu_;
  std::map<Stream*, std::weak_ptr<Stream>> streams_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> of_peer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_ITEM_STREAMS_H_
