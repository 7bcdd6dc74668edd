// Processes killed while calls never cease, drained and started again: what do
// callers see?

#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr int kItems = 2000;
constexpr int kCallers = 4;

class ChildDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    annod_ = AnnodProcess::Start(NewTempDir(), {"--workers=2"});
    client_ = MakeClient(annod_->grpc_address());
    ASSERT_EQ(CreateTestIndex(client_.get(), "items"), absl::OkStatus());
    ASSERT_EQ(AddTestItems(client_.get(), "items", 0, kItems),
              absl::OkStatus());
    ASSERT_EQ(client_->Build("items", {}).status(), absl::OkStatus());
  }

  // Kills every child of `role` in turn and checks that each is replaced, and
  // the service whole again, within a second.
  void KillEach(const std::string& role) {
    for (const pid_t victim : annod_->ChildPids(role)) {
      const size_t count = annod_->ChildPids(role).size();
      const absl::Time killed = absl::Now();
      ASSERT_EQ(kill(victim, SIGKILL), 0);
      bool back = false;
      while (!back && absl::Now() < killed + absl::Minutes(1)) {
        const std::vector<pid_t> now = annod_->ChildPids(role);
        bool gone = true;
        for (const pid_t pid : now) gone = gone && pid != victim;
        back = gone && now.size() == count &&
               annod_->AwaitReady(absl::Milliseconds(5));
      }
      const absl::Duration took = absl::Now() - killed;
      EXPECT_TRUE(back);
      EXPECT_LT(took, annod_->AboutASecond()) << "a killed " << role;
      std::cout << "a killed " << role << " was back after " << took << "\n";
    }
  }

  std::unique_ptr<AnnodProcess> annod_;
  std::unique_ptr<Client> client_;
};

TEST_F(ChildDeathTest, SignalsThatMeanNothingToItEndNoProcess) {
  std::vector<pid_t> all = annod_->ChildPids("worker");
  for (const pid_t pid : annod_->ChildPids("writer")) all.push_back(pid);
  const std::vector<pid_t> workers = annod_->ChildPids("worker");
  const std::vector<pid_t> writers = annod_->ChildPids("writer");
  all.push_back(annod_->supervisor_pid());
  ASSERT_EQ(all.size(), 4u);
  for (const int number :
       {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPIPE}) {
    for (const pid_t pid : all) {
      EXPECT_EQ(kill(pid, number), 0) << number << " to " << pid;
    }
    EXPECT_EQ(AddTestItems(client_.get(), "items", kItems, 1),
              absl::OkStatus());
  }
  EXPECT_EQ(annod_->ChildPids("worker"), workers);
  EXPECT_EQ(annod_->ChildPids("writer"), writers);
  EXPECT_TRUE(annod_->AwaitReady(absl::Minutes(1)));
}

TEST_F(ChildDeathTest, IsNotSeenThroughTheClientLibrary) {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> wrong{0};
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  std::vector<std::string> errors(kCallers + 1);
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      const auto client = MakeClient(annod_->grpc_address());
      client::QueryOptions options;
      options.n = 1;
      options.engine = v1::ENGINE_EXACT;
      for (int32_t id = caller; !stop; id = (id + kCallers) % kItems) {
        const auto answer = client->GetNns(
            "items", {client::Query::OfVector(VectorOf(id))}, options);
        ++calls;
        if (!answer.ok()) {
          errors[caller] = answer.status().ToString();
        } else if (answer->results[0].ids != std::vector<int32_t>{id}) {
          ++wrong;
        }
      }
    });
  }
  callers.emplace_back([&] {
    const auto client = MakeClient(annod_->grpc_address());
    for (int32_t id = kItems; !stop; ++id) {
      const absl::Status added = AddTestItems(client.get(), "items", id, 1);
      if (!added.ok()) errors[kCallers] = added.ToString();
    }
  });

  KillEach("worker");
  KillEach("writer");
  KillEach("worker");
  stop = true;
  for (std::thread& caller : callers) caller.join();
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(calls, 100);
  std::cout << calls << " calls, none failed\n";
}

TEST_F(ChildDeathTest, CostsPlainStubsOnlyTheCallsInFlight) {
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::atomic<int64_t> calls{0};
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      grpc::ChannelArguments args;
      args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
      args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
      args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
      args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
      const auto channel = grpc::CreateCustomChannel(
          annod_->grpc_address(), grpc::InsecureChannelCredentials(), args);
      const auto stub = v1::IndexService::NewStub(channel);
      v1::GetNnsRequest request;
      request.set_index("items");
      request.add_queries()->set_item(1);
      while (!stop) {
        grpc::ClientContext context;
        context.set_wait_for_ready(true);
        context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::seconds(10));
        v1::GetNnsResponse response;
        const grpc::Status status = stub->GetNns(&context, request, &response);
        ++calls;
        if (!status.ok()) {
          EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
              << status.error_message();
          ++failures;
          // gRPC tells a call that its connection broke before it tells the
          // channel: without retries, a call made in between would fail as
          // well.
          channel->WaitForStateChange(
              GRPC_CHANNEL_READY,
              absl::ToChronoTime(absl::Now() + absl::Seconds(3)));
        }
      }
    });
  }
  KillEach("worker");
  stop = true;
  for (std::thread& caller : callers) caller.join();
  // Each caller has one call in flight, and loses at most that to each of the
  // two.
  EXPECT_LE(failures, 2 * kCallers);
  std::cout << failures << " of " << calls << " calls failed, at most "
            << 2 * kCallers << " were in flight on the killed\n";
}

TEST_F(ChildDeathTest, RestartsAreCounted) {
  KillEach("worker");
  const std::string metrics = annod_->HttpGet("/metrics");
  EXPECT_NE(metrics.find("annod_process_restarts_total{"), std::string::npos);
}

TEST(DrainTest, SigtermFinishesCallsAndExitsZero) {
  auto annod =
      AnnodProcess::Start(NewTempDir(), {"--workers=2", "--drain_delay=1m"});
  const auto client = MakeClient(annod->grpc_address());
  ASSERT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
  ASSERT_EQ(AddTestItems(client.get(), "items", 0, 100), absl::OkStatus());
  ASSERT_EQ(client->Build("items", {}).status(), absl::OkStatus());
  ASSERT_EQ(*client->Health(""), client::Health::kServing);

  annod->Signal(SIGTERM);
  const absl::Time deadline = absl::Now() + absl::Seconds(50);
  bool told = false;
  int answered = 0;
  while ((!told || answered < 20) && absl::Now() < deadline) {
    const auto health = client->Health("");
    told = told || (health.ok() && *health == client::Health::kNotServing);
    const auto answer = client->GetNns("items", {client::Query::OfItem(7)}, {});
    EXPECT_EQ(answer.status(), absl::OkStatus()) << "while draining";
    answered += told && answer.ok();
  }
  EXPECT_TRUE(told) << "health never turned NOT_SERVING";
  EXPECT_EQ(answered, 20);
  annod->Signal(SIGTERM);  // again: that is enough delay
  EXPECT_EQ(annod->AwaitExit(absl::Minutes(1)), 0) << annod->Log();
}

TEST(ReloadTest, WhatIsNoConfigurationFileAnyMoreIsRefusedAndNotWaitedFor) {
  const std::string directory = NewTempDir();
  const std::string path = directory + "/annod.json";
  std::ofstream(path) << "{\"log_level\": \"info\"}";
  const auto annod = AnnodProcess::Start(directory + "/data",
                                         {"--workers=1", "--config=" + path});
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  annod->Signal(SIGHUP);
  EXPECT_TRUE(annod->AwaitLog("it is a FIFO, expected a regular file"));
  EXPECT_TRUE(
      annod->AwaitMetric("annod_config_reloads_total{result=\"refused\"} 1"));
  ASSERT_EQ(unlink(path.c_str()), 0);
  std::ofstream(path) << "{\"log_level\": \"debug\"}";
  annod->Signal(SIGHUP);
  EXPECT_TRUE(annod->AwaitLog("configuration reloaded"));
}

TEST(RestartTest, ExistingIndexesServeWithinASecond) {
  const std::string data_dir = NewTempDir();
  auto annod = AnnodProcess::Start(data_dir, {"--workers=2"});
  auto client = MakeClient(annod->grpc_address());
  ASSERT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
  ASSERT_EQ(AddTestItems(client.get(), "items", 0, kItems), absl::OkStatus());
  ASSERT_EQ(client->Build("items", {}).status(), absl::OkStatus());
  const absl::Duration about_a_second = annod->AboutASecond();
  annod->Signal(SIGTERM);
  ASSERT_EQ(annod->AwaitExit(absl::Minutes(1)), 0) << annod->Log();

  const absl::Time start = absl::Now();
  annod = AnnodProcess::Start(data_dir, {"--workers=2"});
  client = MakeClient(annod->grpc_address());
  const auto answer = client->GetNns("items", {client::Query::OfItem(7)}, {});
  const absl::Duration took = absl::Now() - start;
  ASSERT_EQ(answer.status(), absl::OkStatus());
  std::cout << "from exec to the first answer: " << took << "\n";
  EXPECT_LT(took, about_a_second);
}

}  // namespace
}  // namespace annod::testing
