#include "server/writer/index/storage_reason.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rpc/errors.h"

namespace annod {

absl::Status WithStorageReason(absl::Status status) {
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
      return status;
    case absl::StatusCode::kResourceExhausted:
      return WithReason(std::move(status), kLimitReached);
    case absl::StatusCode::kPermissionDenied:
      if (!ReasonOf(status).empty()) return status;
      return ReasonError(absl::StatusCode::kFailedPrecondition, kStorageFailed,
                         status.message());
    default:
      return WithReason(std::move(status), kStorageFailed);
  }
}

absl::Status WithItemsReason(absl::Status status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return WithReason(std::move(status), kInvalidField, {{"field", "items"}});
    case absl::StatusCode::kAlreadyExists:
      return WithReason(std::move(status), kLabelTaken);
    default:
      return WithStorageReason(std::move(status));
  }
}

absl::Status NoStagingError(const std::string& index) {
  return ReasonError(
      absl::StatusCode::kInternal, kStorageFailed,
      absl::StrCat("index '", index, "' has no staging area to write to"),
      {{"index", index}});
}

}  // namespace annod
