// A process that is alive and does nothing: what becomes of calls that would
// wait for it?
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kStallDim = 8;

class StalledProcessTest : public testing::Test {
 protected:
  StalledProcessTest()
      : cluster_(/*workers=*/2, [](Config* config) {
          config->worker_stall_timeout = absl::Seconds(2);
        }) {
    cluster_.StartAll();
  }

  // Stops the worker that does not have the harness' connection.
  int StopOtherWorker() {
    for (const int slot : {0, 1}) {
      cluster_.SignalWorker(slot, SIGSTOP);
      int status = 0;  // until it has stopped it may answer
      waitpid(cluster_.WorkerPid(slot), &status, WUNTRACED);
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() +
                           std::chrono::milliseconds(500));
      grpc::health::v1::HealthCheckResponse response;
      if (cluster_.health()->Check(&context, {}, &response).ok()) return slot;
      cluster_.SignalWorker(slot, SIGCONT);
    }
    ADD_FAILURE() << "no worker answers while the other is stopped";
    return 0;
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
  // Until it is noticed.
  constexpr absl::Duration kFirst = absl::Seconds(3);
  constexpr absl::Duration kLater = absl::Seconds(1);
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
  cluster_.SignalWriter(SIGSTOP);
  int stopped = 0;
  waitpid(cluster_.WorkerPid(2), &stopped, WUNTRACED);
  for (int i = 0; i < 2; ++i) {
    const absl::Time start = absl::Now();
    const grpc::Status status = UpdateSettings("a");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "WRITER_UNAVAILABLE");
    EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  }
  cluster_.SignalWriter(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return UpdateSettings("a").ok(); }));
}

}  // namespace
}  // namespace annod
