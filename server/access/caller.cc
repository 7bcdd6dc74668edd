#include "server/access/caller.h"

#include <utility>

namespace annod {

Caller::Caller(std::shared_ptr<const AccessSnapshot> snapshot,
               const Identity* identity, Credential credential)
    : snapshot_(std::move(snapshot)),
      identity_(identity),
      credential_(std::move(credential)) {}

Caller::~Caller() {
  if (usage_ == nullptr) return;
  usage_->calls.fetch_sub(1);
  if (is_item_stream_) usage_->item_streams.fetch_sub(1);
}

}  // namespace annod
