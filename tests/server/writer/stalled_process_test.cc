// A process that is alive and does nothing: what becomes of calls that would
// wait for it?
#include <signal.h>

#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kStallDim = 8;
constexpr absl::Duration kStallTimeout = absl::Seconds(2);

class StalledProcessTest : public testing::Test {
 protected:
  StalledProcessTest()
      : cluster_(/*workers=*/2, [](Config* config) {
          config->worker_stall_timeout = kStallTimeout;
        }) {
    cluster_.StartAll();
  }

  // Stops the worker that does not have the harness' only connection.
  int StopOtherWorker() {
    const auto has_it = [this](int slot) {
      return cluster_.MetricOf(slot, "annod_connections", {}) == 1;
    };
    EXPECT_TRUE(Eventually([&] { return has_it(0) != has_it(1); }));
    const int other = has_it(0) ? 1 : 0;
    cluster_.StopWorker(other);
    return other;
  }

  void ExpectSoon(const std::string& what, absl::Duration limit,
                  const std::function<grpc::Status()>& call) {
    const absl::Time start = absl::Now();
    const grpc::Status status = call();
    EXPECT_TRUE(status.ok()) << what << ": " << Describe(status);
    EXPECT_LT(absl::Now() - start, limit) << what;
  }

  grpc::Status UpdateSettings(const std::string& index) {
    v1::UpdateSettingsRequest request;
    request.set_index(index);
    request.set_default_tree_count(7);
    v1::UpdateSettingsResponse response;
    return cluster_.admin()->UpdateSettings(Context().get(), request,
                                            &response);
  }

  grpc::Status Drop(const std::string& index) {
    v1::DropIndexRequest request;
    request.set_index(index);
    v1::DropIndexResponse response;
    return cluster_.admin()->DropIndex(Context().get(), request, &response);
  }

  Cluster cluster_;
};

TEST_F(StalledProcessTest, ChangesAndBuildsGoOnWithoutAStoppedWorker) {
  const int stopped = StopOtherWorker();
  // Until it is noticed; afterwards less than who would wait for that.
  constexpr absl::Duration kFirst = absl::Seconds(15);
  const absl::Duration kLater = kStallTimeout - absl::Milliseconds(100);
  ExpectSoon("CreateIndex a", kFirst, [&] {
    return CreateIndex(&cluster_, "a", kStallDim, v1::METRIC_EUCLIDEAN);
  });
  ExpectSoon("CreateIndex b", kLater, [&] {
    return CreateIndex(&cluster_, "b", kStallDim, v1::METRIC_EUCLIDEAN);
  });
  for (const char* index : {"a", "b"}) {
    ExpectSoon("AddItem", kLater, [&] {
      return AddRandomItems(&cluster_, index, kStallDim, 0, 100);
    });
    ExpectSoon("Build", kFirst, [&] { return Build(&cluster_, index); });
  }
  ExpectSoon("UpdateSettings", kLater, [&] { return UpdateSettings("a"); });
  ExpectSoon("DropIndex", kLater, [&] { return Drop("a"); });

  // It learns of everything once it goes on.
  cluster_.SignalWorker(stopped, SIGCONT);
  EXPECT_TRUE(Eventually([&] {
    return cluster_.Metric("annod_index_state",
                           {{"index", "b"}, {"state", "serving"}}) == 2;
  }));
}

TEST_F(StalledProcessTest, CallsToAStoppedWriterEndWithUnavailable) {
  ASSERT_TRUE(
      CreateIndex(&cluster_, "a", kStallDim, v1::METRIC_EUCLIDEAN).ok());
  cluster_.StopWriter();
  for (int i = 0; i < 2; ++i) {
    const absl::Time start = absl::Now();
    const grpc::Status status = UpdateSettings("a");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "WRITER_UNAVAILABLE");
    EXPECT_LT(absl::Now() - start, absl::Seconds(15));
  }
  cluster_.SignalWriter(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return UpdateSettings("a").ok(); }));
}

}  // namespace
}  // namespace annod
