#include "server/rpc/rpc_status.h"

#include <string>

#include "absl/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename Message>
Message Find(const grpc::Status& status) {
  Message message;
  const google::rpc::Status details = DetailsOf(status);
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&message)) return message;
  }
  ADD_FAILURE() << "no " << message.GetTypeName();
  return message;
}

TEST(RpcStatusTest, OkHasNoDetails) {
  const grpc::Status status = ToGrpcStatus(absl::OkStatus());
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.error_details(), "");
}

TEST(RpcStatusTest, AFieldErrorNamesFieldValueAndLimitTwice) {
  const grpc::Status status =
      ToGrpcStatus(FieldError("n", "20000", "in [0, 10000]"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "n is 20000; it must be in [0, 10000]");
  EXPECT_EQ(DetailsOf(status).code(), 3);
  EXPECT_EQ(DetailsOf(status).message(), status.error_message());
  const auto info = Find<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "annod");
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
  EXPECT_EQ(info.metadata().at("field"), "n");
  EXPECT_EQ(info.metadata().at("value"), "20000");
  EXPECT_EQ(info.metadata().at("limit"), "in [0, 10000]");
  const auto bad = Find<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "n");
}

TEST(RpcStatusTest, AReasonGivenFirstStays) {
  const absl::Status status =
      WithReason(IndexNotFoundError("words"), kStorageFailed);
  EXPECT_EQ(ReasonOf(status), "INDEX_NOT_FOUND");
}

TEST(RpcStatusTest, ErrorsOfCoreGetTheReasonOfTheirCode) {
  const auto reason = [](const absl::Status& status) {
    return Find<google::rpc::ErrorInfo>(ToGrpcStatus(status)).reason();
  };
  EXPECT_EQ(reason(absl::InternalError("disk")), "STORAGE_FAILED");
  EXPECT_EQ(reason(absl::DataLossError("bytes")), "STORAGE_FAILED");
  EXPECT_EQ(reason(absl::ResourceExhaustedError("full")), "LIMIT_REACHED");
}

TEST(RpcStatusTest, EveryCodeKeepsItsNumber) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "x");
    EXPECT_EQ(ToGrpcStatus(status).error_code(), code);
    EXPECT_EQ(GrpcCodeName(static_cast<grpc::StatusCode>(code)),
              absl::StatusCodeToString(status.code()));
  }
}

TEST(RpcStatusTest, HostileTextIsCutAndEscaped) {
  const std::string hostile =
      std::string("a\0\x80\n", 4) + std::string(5000, 'x');
  const grpc::Status status = ToGrpcStatus(IndexNotFoundError(hostile));
  EXPECT_LT(status.error_message().size(), 300u);
  EXPECT_NE(status.error_message().find("a\\x00\\x80\\n"), std::string::npos)
      << status.error_message();
  EXPECT_TRUE(DetailsOf(status).details_size() > 0);
}

}  // namespace
}  // namespace annod
