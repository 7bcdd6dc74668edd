#include "server/writer/index/storage_reason.h"

#include <string>

#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

TEST(StorageReasonTest, OnlyTheDisksFaultsAreBlamedOnIt) {
  const struct {
    absl::StatusCode code;
    std::string of_storage;
    std::string of_items;
  } cases[] = {
      {absl::StatusCode::kCancelled, "", ""},
      {absl::StatusCode::kDeadlineExceeded, "", ""},
      {absl::StatusCode::kResourceExhausted, "LIMIT_REACHED", "LIMIT_REACHED"},
      {absl::StatusCode::kInvalidArgument, "STORAGE_FAILED", "INVALID_FIELD"},
      {absl::StatusCode::kAlreadyExists, "STORAGE_FAILED", "LABEL_TAKEN"},
      {absl::StatusCode::kNotFound, "STORAGE_FAILED", "STORAGE_FAILED"},
      {absl::StatusCode::kPermissionDenied, "STORAGE_FAILED", "STORAGE_FAILED"},
      {absl::StatusCode::kDataLoss, "STORAGE_FAILED", "STORAGE_FAILED"},
      {absl::StatusCode::kInternal, "STORAGE_FAILED", "STORAGE_FAILED"},
  };
  for (const auto& one : cases) {
    const absl::Status status(one.code, "why");
    EXPECT_EQ(ReasonOf(WithStorageReason(status)), one.of_storage) << status;
    EXPECT_EQ(ReasonOf(WithItemsReason(status)), one.of_items) << status;
    const absl::StatusCode code =
        one.code == absl::StatusCode::kPermissionDenied
            ? absl::StatusCode::kFailedPrecondition
            : one.code;
    EXPECT_EQ(WithStorageReason(status).code(), code);
    EXPECT_EQ(WithItemsReason(status).code(), code);
  }
  const absl::Status known = IndexNotFoundError("words");
  EXPECT_EQ(ReasonOf(WithStorageReason(known)), "INDEX_NOT_FOUND");
  const absl::Status refused =
      WithReason(absl::PermissionDeniedError("no"), kNotAllowed);
  EXPECT_TRUE(absl::IsPermissionDenied(WithStorageReason(refused)));
  EXPECT_TRUE(WithStorageReason(absl::OkStatus()).ok());
}

}  // namespace
}  // namespace annod
