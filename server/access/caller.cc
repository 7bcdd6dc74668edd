#include "server/access/caller.h"

#include <utility>

namespace annod {

Caller::Caller(std::shared_ptr<const AccessSnapshot> snapshot,
               const Identity* identity, AccessRole anonymous_role,
               Credential credential)
    : snapshot_(std::move(snapshot)),
      identity_(identity),
      anonymous_role_(anonymous_role),
      credential_(std::move(credential)) {}

Caller::~Caller() {
  if (usage_ == nullptr) return;
  usage_->calls.fetch_sub(1);
  if (is_item_stream_) usage_->item_streams.fetch_sub(1);
}

absl::string_view Caller::name() const {
  if (identity_ != nullptr) return identity_->name;
  return snapshot_ == nullptr ? "" : "anonymous";
}

AccessRole Caller::role() const {
  return identity_ != nullptr ? identity_->role : anonymous_role_;
}

}  // namespace annod
