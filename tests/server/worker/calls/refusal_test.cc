#include "server/worker/calls/refusal.h"

#include <string>

#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

TEST(RefusalTest, SaysWhyAndWhenToComeBack) {
  const absl::Status status =
      OverloadedError("12 calls wait before it", absl::Milliseconds(40));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_NE(status.message().find("12 calls wait before it"),
            absl::string_view::npos);
  EXPECT_GE(RetryDelayOf(status), absl::Milliseconds(40));
  EXPECT_LT(RetryDelayOf(status), absl::Milliseconds(80));
}

TEST(RefusalTest, CallersComeBackAtDifferentTimes) {
  const absl::Duration first =
      RetryDelayOf(OverloadedError("x", absl::Seconds(1)));
  bool differ = false;
  for (int i = 0; i < 20; ++i) {
    differ |= RetryDelayOf(OverloadedError("x", absl::Seconds(1))) != first;
  }
  EXPECT_TRUE(differ);
}

TEST(RefusalTest, TheDelayIsBoundedBothWays) {
  EXPECT_GE(RetryDelayOf(OverloadedError("x", absl::ZeroDuration())),
            absl::Milliseconds(10));
  EXPECT_EQ(RetryDelayOf(OverloadedError("x", absl::Hours(1))),
            absl::Seconds(5));
}

TEST(RefusalTest, OtherErrorsHaveNoDelay) {
  EXPECT_EQ(RetryDelayOf(absl::InternalError("x")), absl::ZeroDuration());
}

}  // namespace
}  // namespace annod
