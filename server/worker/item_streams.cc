#include "server/worker/item_streams.h"

#include <utility>
#include <vector>

#include "server/process/steady_time.h"

namespace annod {

ItemStreams::Stream::Stream(ItemStreams* owner, std::string peer)
    : owner_(owner), peer_(std::move(peer)) {}

ItemStreams::Stream::~Stream() { owner_->Leave(this); }

void ItemStreams::Stream::Await() {
  absl::MutexLock lock(&mu_);
  awaited_ = SteadyNow();
}

void ItemStreams::Stream::Got() {
  absl::MutexLock lock(&mu_);
  awaited_ = absl::InfiniteFuture();
}

void ItemStreams::Stream::SetOnIdle(
    std::function<void(const absl::Status& why)> on_idle) {
  absl::MutexLock lock(&mu_);
  on_idle_ = std::move(on_idle);
}

void ItemStreams::Stream::EndIfIdle(absl::Time since, const absl::Status& why) {
  absl::MutexLock lock(&mu_);
  if (awaited_ > since || !on_idle_) return;
  std::exchange(on_idle_, nullptr)(why);
}

std::shared_ptr<ItemStreams::Stream> ItemStreams::Admit(const std::string& peer,
                                                        int max_streams,
                                                        int max_of_peer,
                                                        Refusal* refusal) {
  absl::MutexLock lock(&mu_);
  const auto known = of_peer_.find(peer);
  *refusal = Refusal::kNone;
  if (known != of_peer_.end() && known->second >= max_of_peer) {
    *refusal = Refusal::kTooManyOfPeer;
  } else if (streams_.size() >= static_cast<size_t>(max_streams)) {
    *refusal = Refusal::kTooMany;
  }
  if (*refusal != Refusal::kNone) return nullptr;
  std::shared_ptr<Stream> stream(new Stream(this, peer));
  streams_[stream.get()] = stream;
  ++of_peer_[peer];
  return stream;
}

void ItemStreams::EndIdle(absl::Duration timeout, const absl::Status& why) {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& known : streams_) {
      if (auto stream = known.second.lock()) {
        streams.push_back(std::move(stream));
      }
    }
  }
  const absl::Time since = SteadyNow() - timeout;
  for (const auto& stream : streams) stream->EndIfIdle(since, why);
}

void ItemStreams::Leave(Stream* stream) {
  absl::MutexLock lock(&mu_);
  streams_.erase(stream);
  const auto known = of_peer_.find(stream->peer_);
  if (--known->second == 0) of_peer_.erase(known);
}

}  // namespace annod
