// More connections than a worker has descriptors for: it refuses, and serves as
// before when they are gone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// Connections of somebody who says nothing, all closed by the destructor.
class SilentConnections {
 public:
  explicit SilentConnections(const std::string& address) {
    const size_t colon = address.rfind(':');
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(colon + 1), &port));
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.sin_port = htons(port);
  }
  ~SilentConnections() { CloseAll(); }

  void Open(int count) {
    for (int i = 0; i < count; ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_GE(fd, 0);
      fds_.push_back(fd);
      ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address_),
                        sizeof(address_)),
                0);
    }
  }
  // Those that the other side has closed; gRPC greets the others.
  int ClosedCount() const {
    int count = 0;
    for (const int fd : fds_) {
      char byte;
      const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      count += got == 0 || (got < 0 && errno == ECONNRESET);
    }
    return count;
  }
  void CloseAll() {
    for (const int fd : fds_) close(fd);
    fds_.clear();
  }

 private:
  sockaddr_in address_ = {};
  std::vector<int> fds_;
};

class ConnectionLimitTest : public testing::Test {
 protected:
  void Start(int max_connections) {
    cluster_ = std::make_unique<Cluster>(
        1, [=](Config* config) { config->max_connections = max_connections; });
    cluster_->StartAll();
  }

  // The soft limit of the worker's descriptors.
  void SetLimit(rlim_t descriptors) {
    rlimit limit = {};
    ASSERT_EQ(prlimit(cluster_->WorkerPid(0), RLIMIT_NOFILE, nullptr, &limit),
              0);
    limit.rlim_cur = std::min(descriptors, limit.rlim_max);
    ASSERT_EQ(prlimit(cluster_->WorkerPid(0), RLIMIT_NOFILE, &limit, nullptr),
              0);
  }

  // Whether a caller on a connection of its own is answered.
  bool FreshConnectionServes() const {
    const auto stub = grpc::health::v1::Health::NewStub(cluster_->NewChannel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(2));
    grpc::health::v1::HealthCheckResponse response;
    return stub->Check(&context, {}, &response).ok();
  }

  double Refused(const std::string& reason) const {
    return cluster_->Metric("annod_refused_connections_total",
                            {{"reason", reason}});
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(ConnectionLimitTest, MoreThanMaxConnectionsAreClosedAndCounted) {
  Start(/*max_connections=*/10);
  SilentConnections silent(cluster_->address());
  silent.Open(20);
  // The harness has one connection.
  EXPECT_TRUE(Eventually([&] { return silent.ClosedCount() == 11; }))
      << silent.ClosedCount();
  cluster_->ExpectMetric("annod_refused_connections_total",
                         {{"reason", "max_connections"}}, 11);
  cluster_->ExpectMetric("annod_connections", {}, 10);
  EXPECT_FALSE(FreshConnectionServes());
  silent.CloseAll();
  EXPECT_TRUE(Eventually([&] { return FreshConnectionServes(); }));
}

TEST_F(ConnectionLimitTest, TheBoundIsBelowTheLimitOfDescriptors) {
  Start(/*max_connections=*/0);
  SetLimit(256);  // 64 and a 16th are left to others
  SilentConnections silent(cluster_->address());
  silent.Open(300);
  EXPECT_TRUE(Eventually([&] { return silent.ClosedCount() >= 124; }))
      << silent.ClosedCount();
  EXPECT_GT(Refused("max_connections"), 0);
  EXPECT_EQ(Refused("descriptors"), 0);
  silent.CloseAll();
  EXPECT_TRUE(Eventually([&] { return FreshConnectionServes(); }));
}

TEST_F(ConnectionLimitTest, AnAcceptThatFailedIsNotTheLast) {
  Start(/*max_connections=*/0);
  // Below what the worker has open: no accept() can succeed.
  SetLimit(3);
  SilentConnections silent(cluster_->address());
  silent.Open(5);
  EXPECT_FALSE(FreshConnectionServes());
  SetLimit(RLIM_INFINITY);
  EXPECT_TRUE(Eventually([&] { return FreshConnectionServes(); }));
}

}  // namespace
}  // namespace annod
