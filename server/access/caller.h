#ifndef ANNOD_SERVER_ACCESS_CALLER_H_
#define ANNOD_SERVER_ACCESS_CALLER_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "core/access/access_policy.h"
#include "server/access/credential.h"
#include "server/access/live_access.h"

namespace annod {

// Who makes a call, for as long as it lasts; it counts as one of his calls
// until then. Constant after construction and thread-safe. A default one is
// anybody, where nobody is told apart: he may do all.
class Caller {
 public:
  Caller() = default;
  // `identity` is of `snapshot`, or null: somebody without a name.
  Caller(std::shared_ptr<const AccessSnapshot> snapshot,
         const Identity* identity, Credential credential);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Null if anonymous.
  const Identity* identity() const { return identity_; }
  bool MayUse(absl::string_view index) const {
    return identity_ == nullptr || identity_->MayUse(index);
  }

 private:
  friend class AccessControl;

  const std::shared_ptr<const AccessSnapshot> snapshot_;
  const Identity* const identity_ = nullptr;
  const Credential credential_{};
  // What the call counts in, null for none, and whether it is a stream of
  // items.
  AccessUsage* usage_ = nullptr;
  bool is_item_stream_ = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_CALLER_H_
