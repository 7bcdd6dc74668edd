// Two workers that share a port, in this process: servers whose accepting can
// be stopped, on the Unix socket and on the port apart.

#include "server/supervisor/child_probes.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/config/child_options.h"
#include "server/net/connect_from.h"
#include "server/net/listen_socket.h"
#include "server/net/port_reservation.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// Long enough for those that answer, also beside a compiler.
constexpr absl::Duration kTimeout = absl::Seconds(2);

class FakeWorker final : public grpc::health::v1::Health::Service {
 public:
  FakeWorker(int slot, int unix_fd, int port_fd)
      : slot_(slot), unix_fd_(unix_fd), port_fd_(port_fd) {
    grpc::ServerBuilder builder;
    taker_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    thread_ = std::thread([this] { Accept(); });
  }
  ~FakeWorker() override {
    stopped = true;
    thread_.join();
    server_->Shutdown(std::chrono::system_clock::now());
    close(unix_fd_);
    close(port_fd_);
  }

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest*,
                     grpc::health::v1::HealthCheckResponse*) override {
    if (context->client_metadata().count(kProbeMetadata) > 0) {
      context->AddTrailingMetadata(kProbeMetadata, absl::StrCat(slot_));
    }
    return grpc::Status::OK;
  }

  std::atomic<bool> accepts_unix{true};
  std::atomic<bool> accepts_port{true};
  std::atomic<bool> closes_port{false};  // at once what comes by the port
  std::atomic<bool> stopped{false};

 private:
  void Accept() {
    while (!stopped) {
      pollfd fds[] = {{unix_fd_, POLLIN, 0}, {port_fd_, POLLIN, 0}};
      poll(fds, 2, 5);
      if (accepts_unix) Take(unix_fd_, false);
      if (accepts_port) Take(port_fd_, closes_port);
    }
  }
  void Take(int listener, bool close_it) {
    int fd;
    while ((fd = accept4(listener, nullptr, nullptr,
                         SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
      if (close_it) {
        close(fd);
        continue;
      }
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
          connection;
      connection.listener_fd = listener;
      connection.fd = fd;
      taker_->HandleNewConnection(&connection);
    }
  }

  const int slot_;
  const int unix_fd_;
  const int port_fd_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> taker_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

class ChildProbesTest : public testing::Test {
 protected:
  explicit ChildProbesTest(absl::Duration interval = kTimeout / 10)
      : interval_(interval) {}

  void SetUp() override {
    ASSERT_NE(mkdtemp(dir_.data()), nullptr);
    ListenAddress any;
    any.host = "127.0.0.1";
    auto reservation = PortReservation::Create(any);
    ASSERT_TRUE(reservation.ok()) << reservation.status();
    reservation_ = *std::move(reservation);
    ChildProbes::Options options;
    page_ = MetricsPage::Create(1).value();
    metrics_ = page_->Writer(0);
    for (int slot = 0; slot < 2; ++slot) {
      const std::string path = absl::StrCat(dir_, "/", slot);
      const auto unix_fd = ListenUnix(path);
      ASSERT_TRUE(unix_fd.ok()) << unix_fd.status();
      const auto port_fds =
          ListenShared(reservation_->address(), absl::Seconds(20));
      ASSERT_TRUE(port_fds.ok()) << port_fds.status();
      workers_.push_back(
          std::make_unique<FakeWorker>(slot, *unix_fd, port_fds->front()));
      options.addresses.push_back("unix:" + path);
      options.silent_seconds.emplace_back();
      options.answers.push_back(Answers(slot, "socket"));
      options.port_answers.push_back(Answers(slot, "port"));
    }
    options.port = ResolveAddress(reservation_->address())->front();
    options.workers = 2;
    options.interval = interval_;
    options.timeout = kTimeout;
    probes_ = std::make_unique<ChildProbes>(std::move(options));
    AwaitAllAnswers();
  }

  Counter Answers(int slot, const char* way) {
    return metrics_->GetCounter(
        "annod_process_answers_total",
        {{"role", "worker"}, {"slot", absl::StrCat(slot)}, {"way", way}});
  }

  // Each worker was reached by each way since the last call.
  void AwaitAllAnswers() {
    const std::vector<double> before = Counts();
    EXPECT_TRUE(Eventually([&] {
      const std::vector<double> now = Counts();
      for (size_t i = 0; i < now.size(); ++i) {
        if (now[i] <= before[i]) return false;
      }
      return now.size() == 4;
    })) << testing::PrintToString(Counts());
  }
  std::vector<double> Counts() {
    std::vector<double> counts(4, 0);
    for (const SeriesSample& sample : page_->Read(0)) {
      if (sample.name != "annod_process_answers_total") continue;
      size_t place = 0;
      for (const auto& [name, value] : sample.labels) {
        if (name == "slot" && value == "1") place += 2;
        if (name == "way" && value == "port") place += 1;
      }
      counts[place] = sample.value;
    }
    return counts;
  }

  // The next that stall; empty if none has before `patience` is over.
  std::vector<int> NextStalled(absl::Duration patience = absl::Seconds(20)) {
    pollfd fd = {probes_->fd(), POLLIN, 0};
    poll(&fd, 1, static_cast<int>(absl::ToInt64Milliseconds(patience)));
    return probes_->TakeStalled();
  }

  void TearDown() override { std::filesystem::remove_all(dir_); }

  const absl::Duration interval_;
  // Paths of sockets are short; those of a test's own folder are not.
  std::string dir_ = "/tmp/annod_probes_XXXXXX";
  std::unique_ptr<PortReservation> reservation_;
  std::unique_ptr<MetricsPage> page_;
  std::unique_ptr<MetricsWriter> metrics_;
  std::vector<std::unique_ptr<FakeWorker>> workers_;
  std::unique_ptr<ChildProbes> probes_;
};

TEST_F(ChildProbesTest, WhoDoesNotAnswerOnItsSocketHasStalled) {
  workers_[1]->accepts_unix = false;
  EXPECT_EQ(NextStalled(), std::vector<int>{1});
}

class QuickChildProbesTest : public ChildProbesTest {
 protected:
  // Nothing is looked at between two rounds.
  QuickChildProbesTest() : ChildProbesTest(absl::Milliseconds(40)) {}
};

TEST_F(QuickChildProbesTest, WhoTakesThePlaceOfAStalledOneIsNotToBlameForIt) {
  for (int round = 0; round < 2; ++round) {
    workers_[1]->accepts_port = false;
    ASSERT_EQ(NextStalled(), std::vector<int>{1});
    // After the answers of the round that told.
    absl::SleepFor(interval_ / 2);
    probes_->Changed(1);
    EXPECT_EQ(NextStalled(/*patience=*/5 * interval_), std::vector<int>());
    workers_[1]->accepts_port = true;
    AwaitAllAnswers();
  }
}

TEST_F(ChildProbesTest, WhoIsDeafOnThePortOnlyHasStalledAndNobodyElse) {
  for (const int deaf : {1, 0}) {
    workers_[deaf]->accepts_port = false;
    EXPECT_EQ(NextStalled(), std::vector<int>{deaf});
    // Another process in its place.
    workers_[deaf]->accepts_port = true;
    probes_->Changed(deaf);
    AwaitAllAnswers();
  }
}

TEST_F(ChildProbesTest, WhoIsDeafWhenAllAreLearnedAnewHasStalled) {
  workers_[0]->accepts_port = false;
  probes_->Changed(1);
  EXPECT_EQ(NextStalled(), std::vector<int>{0});
}

TEST_F(ChildProbesTest, WhoClosesConnectionsToThePortAtOnceHasNotStalled) {
  workers_[0]->closes_port = true;
  EXPECT_EQ(NextStalled(/*patience=*/2 * kTimeout), std::vector<int>{});
}

TEST_F(ChildProbesTest, WhatAProcessBeforeOwedIsForgotten) {
  workers_[0]->accepts_unix = false;
  workers_[0]->accepts_port = false;
  absl::SleepFor(kTimeout / 2);
  probes_->Changed(0);
  // Of the next nothing is expected before it has answered.
  EXPECT_EQ(NextStalled(/*patience=*/2 * kTimeout), std::vector<int>{});
}

}  // namespace
}  // namespace annod
