#include "server/writer/index/storage_reason.h"

#include <utility>

#include "server/rpc/errors.h"

namespace annod {

absl::Status WithStorageReason(absl::Status status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return WithReason(std::move(status), kInvalidField, {{"field", "items"}});
    case absl::StatusCode::kAlreadyExists:
      return WithReason(std::move(status), kLabelTaken);
    case absl::StatusCode::kResourceExhausted:
      return WithReason(std::move(status), kLimitReached);
    default:
      return WithReason(std::move(status), kStorageFailed);
  }
}

}  // namespace annod
