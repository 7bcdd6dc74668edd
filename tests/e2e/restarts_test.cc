// annod restarted under load: what do clients lose?
//
// By default some restarts in a few seconds. ANNOD_RESTARTS=1000 in the
// environment makes it a thousand (docs/operations.md).

#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "client/client.h"
#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr int kBuiltItems = 500;
constexpr int kDefaultRestarts = 20;
constexpr int kCallersOfAKind = 3;

// Repeats what a machine that is busy with other things refuses, and nothing of
// what a restart could lose.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{}],
    "retryPolicy": {
      "maxAttempts": 5,
      "initialBackoff": "0.02s",
      "maxBackoff": "0.5s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["RESOURCE_EXHAUSTED"]
    }
  }]
})";

// A client that waits for a server that takes long to come back: how long that
// is here and now is not what is tested.
std::unique_ptr<Client> PatientClient(const std::string& address) {
  ClientOptions options;
  options.target = address;
  options.timeout = absl::Seconds(90);
  options.retry_window = absl::Seconds(60);
  return std::move(Client::Create(options)).value();
}

int Restarts() {
  const char* const text = getenv("ANNOD_RESTARTS");
  int count = 0;
  return text != nullptr && absl::SimpleAtoi(text, &count) ? count
                                                           : kDefaultRestarts;
}

// Calls of one kind of client, and what those failed with that did.
class Tally {
 public:
  void Count(const std::string& error) {
    calls_.fetch_add(1);
    if (error.empty()) return;
    absl::MutexLock lock(&mu_);
    ++errors_[error];
  }
  void Expect(const char* client) const {
    absl::MutexLock lock(&mu_);
    std::cout << client << ": " << calls_ << " calls, " << errors_.size()
              << " kinds of failure\n";
    EXPECT_GT(calls_, 100) << client;
    for (const auto& [error, count] : errors_) {
      ADD_FAILURE() << client << ": " << count << " times " << error;
    }
  }

 private:
  std::atomic<int64_t> calls_{0};
  mutable absl::Mutex mu_;
  std::map<std::string, int> errors_ ABSL_GUARDED_BY(mu_);
};

// Two servers of the same index, which keep their ports.
class RestartsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int server = 0; server < 2; ++server) {
      directories_[server] = NewTempDir();
      addresses_[server] = absl::StrCat("127.0.0.1:", LastingPort());
      Start(server);
      const auto client = MakeClient(addresses_[server]);
      ASSERT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
      ASSERT_EQ(AddTestItems(client.get(), "items", 0, kBuiltItems),
                absl::OkStatus());
      ASSERT_EQ(client->Build("items", {}).status(), absl::OkStatus());
    }
  }

  void Start(int server) {
    servers_[server] = AnnodProcess::Start(
        directories_[server],
        {"--workers=2", "--threads=1", "--recall_sample_fraction=0",
         "--listen=" + addresses_[server]});
  }

  // Calls GetNns until the end, through gRPC's own stub.
  // Counts who answered.
  void CallPlainly(const std::string& target, bool wait_for_ready, Tally* tally,
                   std::array<std::atomic<int>, 2>* answers) {
    grpc::ChannelArguments args;
    args.SetServiceConfigJSON(kServiceConfig);
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
    const auto stub = v1::IndexService::NewStub(grpc::CreateCustomChannel(
        target, grpc::InsecureChannelCredentials(), args));
    v1::GetNnsRequest request;
    request.set_index("items");
    request.add_queries()->set_item(1);
    while (!stop_) {
      grpc::ClientContext context;
      context.set_wait_for_ready(wait_for_ready);
      context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
      v1::GetNnsResponse response;
      const grpc::Status status = stub->GetNns(&context, request, &response);
      tally->Count(status.ok() ? ""
                               : absl::StrCat(status.error_code(), " ",
                                              status.error_message()));
      for (int server = 0; server < 2; ++server) {
        if (context.peer() == "ipv4:" + addresses_[server]) {
          ++(*answers)[server];
        }
      }
    }
  }

  void Query(Tally* tally) {
    const auto client = PatientClient(addresses_[0]);
    for (int32_t id = 0; !stop_; id = (id + 1) % kBuiltItems) {
      tally->Count(Text(
          client->GetNns("items", {client::Query::OfItem(id)}, {}).status()));
    }
  }

  void Stream(Tally* tally) {
    const auto client = PatientClient(addresses_[0]);
    while (!stop_) {
      const auto stream = client->NewNnsStream(
          "items", {}, [](client::QueryResult) { return absl::OkStatus(); });
      absl::Status status;
      for (int id = 0; id < kBuiltItems && status.ok() && !stop_; ++id) {
        status = stream->Ask({client::Query::OfItem(id)});
        tally->Count(Text(status));
      }
      if (status.ok()) tally->Count(Text(stream->Finish()));
    }
  }

  // Adds items until the end; all that were acknowledged are in `*added`.
  void Add(std::vector<int32_t>* added, Tally* tally) {
    const auto client = PatientClient(addresses_[0]);
    for (int32_t id = kBuiltItems; !stop_; ++id) {
      const absl::Status status = AddTestItems(client.get(), "items", id, 1);
      tally->Count(Text(status));
      if (status.ok()) added->push_back(id);
      absl::SleepFor(absl::Milliseconds(2));
    }
  }

  static std::string Text(const absl::Status& status) {
    return status.ok() ? "" : status.ToString();
  }

  std::atomic<bool> stop_{false};
  std::array<std::string, 2> directories_;
  std::array<std::string, 2> addresses_;
  std::array<std::unique_ptr<AnnodProcess>, 2> servers_;
};

TEST_F(RestartsTest, LoseNoCall) {
  Tally balanced, waiting, library, streams, adder;
  std::vector<int32_t> added;
  const std::string both =
      absl::StrCat("ipv4:", addresses_[0], ",", addresses_[1]);
  std::vector<std::thread> callers;
  std::array<std::array<std::atomic<int>, 2>, 2 * kCallersOfAKind> answers = {};
  for (int i = 0; i < kCallersOfAKind; ++i) {
    callers.emplace_back(
        [&, i] { CallPlainly(both, false, &balanced, &answers[i]); });
    callers.emplace_back([&, i] {
      CallPlainly(addresses_[0], true, &waiting, &answers[kCallersOfAKind + i]);
    });
    callers.emplace_back([&] { Query(&library); });
  }
  callers.emplace_back([&] { Stream(&streams); });
  callers.emplace_back([&] { Add(&added, &adder); });

  const int restarts = Restarts();
  absl::Duration longest;
  for (int i = 0; i < restarts && !HasFailure(); ++i) {
    absl::SleepFor(absl::Milliseconds(100));  // the load between restarts
    const int server = i % 2;
    const absl::Time start = absl::Now();
    servers_[server]->Signal(SIGTERM);
    ASSERT_EQ(servers_[server]->AwaitExit(absl::Seconds(60)), 0)
        << servers_[server]->Log();
    longest = std::max(longest, absl::Now() - start);
    const std::string log = servers_[server]->Log();
    EXPECT_EQ(log.find("calls cut off"), std::string::npos) << log;
    EXPECT_EQ(log.find("cause=SIG"), std::string::npos) << log;
    Start(server);
    // Those who know both must have it back before the other one goes.
    for (int caller = 0; caller < kCallersOfAKind; ++caller) {
      const int before = answers[caller][server];
      const absl::Time deadline = absl::Now() + absl::Seconds(30);
      while (answers[caller][server] == before && absl::Now() < deadline) {
        absl::SleepFor(absl::Milliseconds(5));
      }
    }
  }
  stop_ = true;
  for (std::thread& caller : callers) caller.join();
  std::cout << restarts << " restarts, the longest exit " << longest << "\n";
  balanced.Expect("gRPC stub, two servers");
  waiting.Expect("gRPC stub, wait_for_ready");
  library.Expect("annod::Client");
  streams.Expect("annod::NnsStream");
  adder.Expect("annod::Client adding");
  const auto client = MakeClient(addresses_[0]);
  ASSERT_EQ(client->Build("items", {}).status(), absl::OkStatus());
  const auto missing = MissingItems(client.get(), "items", added);
  ASSERT_EQ(missing.status(), absl::OkStatus());
  EXPECT_TRUE(missing->empty()) << missing->size() << " of " << added.size();
}

}  // namespace
}  // namespace annod::testing
