// A process near the bound of its memory refuses work, and takes it again when
// there is room.
#include <sys/resource.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kShortDim = 4;
constexpr int64_t kPlenty = int64_t{1} << 40;

class ShortMemoryTest : public testing::Test {
 protected:
  ShortMemoryTest()
      : cluster_(/*workers=*/1,
                 [](Config* config) { config->memory_limit = kPlenty; }) {
    cluster_.StartAll();
    EXPECT_TRUE(
        CreateIndex(&cluster_, "a", kShortDim, v1::METRIC_EUCLIDEAN).ok());
    EXPECT_TRUE(AddRandomItems(&cluster_, "a", kShortDim, 0, 20).ok());
    EXPECT_TRUE(Build(&cluster_, "a").ok());
  }

  static int64_t DataBytes(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    int64_t kilobytes = 0;
    while (status >> word && word != "VmData:") {
    }
    status >> kilobytes;
    return kilobytes << 10;
  }

  static void SetLimit(pid_t pid, int64_t bytes) {
    rlimit limit = {};
    ASSERT_EQ(prlimit(pid, RLIMIT_DATA, nullptr, &limit), 0);
    limit.rlim_cur = static_cast<rlim_t>(bytes);
    ASSERT_EQ(prlimit(pid, RLIMIT_DATA, &limit, nullptr), 0);
  }

  grpc::Status Ask() {
    v1::GetNnsResponse response;
    return GetNns(&cluster_, ItemQuery("a", 1, 3), &response);
  }
  grpc::Status Add() {
    return AddRandomItems(&cluster_, "a", kShortDim, 100, 1);
  }

  static bool IsRefused(const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
           ErrorInfoOf(status).reason() == "OVERLOADED";
  }

  Cluster cluster_;
};

TEST_F(ShortMemoryTest, AWorkerRefusesAndRecovers) {
  const pid_t pid = cluster_.WorkerPid(0);
  SetLimit(pid, DataBytes(pid) + DataBytes(pid) / 20);
  EXPECT_TRUE(Eventually([&] { return IsRefused(Ask()); })) << Describe(Ask());
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(cluster_.health()->Check(Context().get(), {}, &response).ok());
  SetLimit(pid, kPlenty);
  EXPECT_TRUE(Eventually([&] { return Ask().ok(); })) << Describe(Ask());
}

TEST_F(ShortMemoryTest, TheWriterRefusesAndRecovers) {
  const pid_t pid = cluster_.WorkerPid(1);  // the slot behind the workers'
  SetLimit(pid, DataBytes(pid) + DataBytes(pid) / 20);
  EXPECT_TRUE(Eventually([&] { return IsRefused(Add()); })) << Describe(Add());
  EXPECT_TRUE(Ask().ok());
  SetLimit(pid, kPlenty);
  EXPECT_TRUE(Eventually([&] { return Add().ok(); })) << Describe(Add());
}

}  // namespace
}  // namespace annod
