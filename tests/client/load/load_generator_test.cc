// The load generator against a server whose slowness is known.
#include "client/load/load_generator.h"

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/load/slow_server.h"

namespace annod::load {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMs = 1'000'000;

// A generator of `connections` connections that asks `count` queries by item.
std::unique_ptr<LoadGenerator> Connect(const SlowServer& server,
                                       LoadOptions options = {},
                                       const std::vector<Truth>& truth = {}) {
  options.target = server.target();
  RequestOptions request;
  request.index = "words";
  request.stream = options.stream;
  std::vector<client::Query> queries;
  for (int i = 0; i < 4; ++i) queries.push_back(client::Query::OfItem(i));
  auto generator =
      LoadGenerator::Connect(options, MakeRequests(request, queries, truth));
  EXPECT_TRUE(generator.ok()) << generator.status();
  return *std::move(generator);
}

Load OpenLoop(double rate, absl::Duration duration) {
  Load load;
  load.rate = rate;
  load.arrivals = ArrivalKind::kEven;
  load.warm_up = absl::ZeroDuration();
  load.duration = duration;
  return load;
}

Load ClosedLoop(int concurrency, absl::Duration duration) {
  Load load;
  load.concurrency = concurrency;
  load.warm_up = absl::ZeroDuration();
  load.duration = duration;
  return load;
}

SlowServerOptions Stalled(absl::Duration stall) {
  SlowServerOptions options;
  options.stall = stall;
  return options;
}

TEST(LoadGeneratorTest, AnOpenLoopCountsTheWaitOfAllCallsDueInAStall) {
  SlowServer server(Stalled(absl::Milliseconds(500)));
  const LoadResult result =
      Connect(server)->Run(OpenLoop(200, absl::Seconds(1)));
  EXPECT_EQ(result.ok.count(), 200);
  // Those due in the first 400 of the 500 ms waited for more than 100 ms.
  EXPECT_GE(result.ok.CountAbove(100 * kMs), 75);
  EXPECT_GE(result.ok.PercentileMs(0.9), 300);
}

TEST(LoadGeneratorTest, CanBeStoppedWhileItRuns) {
  SlowServer server(SlowServerOptions{});
  for (const bool stream : {false, true}) {
    LoadOptions options;
    options.stream = stream;
    const auto generator = Connect(server, options);
    std::thread stopper([&] {
      absl::SleepFor(absl::Milliseconds(300));
      generator->Stop();
    });
    const absl::Time start = absl::Now();
    const LoadResult result = generator->Run(ClosedLoop(2, absl::Seconds(60)));
    stopper.join();
    EXPECT_LT(absl::Now() - start, absl::Seconds(20));
    EXPECT_GT(result.ok.count(), 0);
    EXPECT_LT(result.seconds, 20);
    // For good.
    EXPECT_LT(generator->Run(ClosedLoop(2, absl::Seconds(60))).seconds, 20);
  }
}

TEST(LoadGeneratorTest, AWaitForAFreeCallIsLatencyToo) {
  SlowServer server(Stalled(absl::Milliseconds(500)));
  Load load = OpenLoop(200, absl::Seconds(1));
  load.max_in_flight = 3;
  const LoadResult result = Connect(server)->Run(load);
  EXPECT_EQ(result.ok.count() + result.unsent, 200);
  EXPECT_GE(result.ok.CountAbove(100 * kMs), 75);
  EXPECT_GE(result.send_lag.CountAbove(100 * kMs), 70);
}

TEST(LoadGeneratorTest, AClosedLoopSeesAStallOnceForEachCallInFlight) {
  SlowServer server(Stalled(absl::Milliseconds(500)));
  const LoadResult result =
      Connect(server)->Run(ClosedLoop(4, absl::Seconds(1)));
  EXPECT_GE(result.ok.CountAbove(400 * kMs), 4);
  EXPECT_LT(result.ok.CountAbove(400 * kMs), 20);
  EXPECT_GT(result.ok.count(), 50);
}

TEST(LoadGeneratorTest, TheRateIsKeptWhateverTheServerTakes) {
  SlowServerOptions options;
  options.latency = absl::Milliseconds(200);
  SlowServer server(options);
  const LoadResult result =
      Connect(server)->Run(OpenLoop(100, absl::Milliseconds(800)));
  EXPECT_EQ(server.calls(), 80);
  EXPECT_EQ(result.ok.count(), 80);
  EXPECT_EQ(result.unsent, 0);
  // A closed loop with one call in flight would have sent four.
  EXPECT_GE(server.most_at_once(), 10);
  EXPECT_GE(result.ok.PercentileMs(0.01), 199);
}

TEST(LoadGeneratorTest, AClosedLoopKeepsItsCallsInFlight) {
  SlowServerOptions options;
  options.latency = absl::Milliseconds(100);
  SlowServer server(options);
  LoadOptions load;
  load.threads = 2;
  load.connections = 3;
  const LoadResult result =
      Connect(server, load)->Run(ClosedLoop(7, absl::Seconds(1)));
  EXPECT_EQ(server.most_at_once(), 7);
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(result.ok.count(), server.calls());
  EXPECT_LE(result.ok.count(), 7 * 11);
  EXPECT_LE(result.calls_per_second(), 7 * 10 + 1);
}

TEST(LoadGeneratorTest, WhatIsNotCountedIsTheWarmUp) {
  SlowServer server({});
  Load load = OpenLoop(100, absl::Milliseconds(400));
  load.warm_up = absl::Milliseconds(300);
  const LoadResult result = Connect(server)->Run(load);
  EXPECT_EQ(server.calls(), 70);
  EXPECT_EQ(result.ok.count(), 40);
  EXPECT_EQ(result.seconds, 0.4);
}

TEST(LoadGeneratorTest, FailuresAreCountedByCodeWithTheirOwnLatency) {
  SlowServerOptions options;
  options.latency = absl::Milliseconds(30);
  options.refuse_every = 3;
  SlowServer server(options);
  const LoadResult result =
      Connect(server)->Run(OpenLoop(150, absl::Milliseconds(600)));
  EXPECT_EQ(result.ok.count(), 60);
  ASSERT_EQ(result.failed.size(), 1u);
  const auto& [code, refused] = *result.failed.begin();
  EXPECT_EQ(code, grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.latency.count(), 30);
  EXPECT_EQ(refused.first_message, "too much");
  EXPECT_GE(result.ok.PercentileMs(0.01), 29);
  EXPECT_LT(refused.latency.PercentileMs(0.01), 29);
  EXPECT_EQ(result.failed_count(), 30);
}

TEST(LoadGeneratorTest, CallsEndAtTheirDeadlineAndWhatCannotBeSentIsSaid) {
  SlowServerOptions options;
  options.hang = true;
  SlowServer server(options);
  LoadOptions limits;
  limits.timeout = absl::Seconds(2);
  Load load = OpenLoop(100, absl::Milliseconds(200));
  load.max_in_flight = 2;
  const LoadResult result = Connect(server, limits)->Run(load);
  EXPECT_EQ(result.ok.count(), 0);
  EXPECT_EQ(result.unsent, 18);
  ASSERT_EQ(result.failed.count(grpc::StatusCode::DEADLINE_EXCEEDED), 1u);
  EXPECT_EQ(result.failed_count(), 2);
  EXPECT_EQ(result.calls_per_second(), 0);
}

TEST(LoadGeneratorTest, RecallIsMeasuredOnceForEachRequest) {
  SlowServer server({});
  // Answers are as far as 0 to 9.
  const std::vector<Truth> truth = {{10, 9}, {10, 4}, {}, {10, -1}};
  const LoadResult result =
      Connect(server, {}, truth)->Run(OpenLoop(100, absl::Milliseconds(200)));
  EXPECT_EQ(result.ok.count(), 20);
  EXPECT_EQ(result.expected % 10, 0);
  EXPECT_GE(result.expected, 30);
  EXPECT_LE(result.expected, 40);
  EXPECT_GE(result.matches, 15);
}

TEST(LoadGeneratorTest, AnswersThatDoNotFitTheRequestAreFailures) {
  SlowServerOptions options;
  options.lists = 2;
  SlowServer server(options);
  const LoadResult result = Connect(server, {}, {{1}, {1}, {1}, {1}})
                                ->Run(OpenLoop(100, absl::Milliseconds(100)));
  ASSERT_EQ(result.failed.count(grpc::StatusCode::INTERNAL), 1u);
  EXPECT_THAT(result.failed.at(grpc::StatusCode::INTERNAL).first_message,
              HasSubstr("2 results for a request of 1"));
}

TEST(LoadGeneratorTest, StreamsKeepTheirRequestsInFlightAndAreCounted) {
  SlowServerOptions options;
  options.latency = absl::Milliseconds(10);
  SlowServer server(options);
  LoadOptions load;
  load.stream = true;
  load.connections = 3;
  load.threads = 3;
  const LoadResult result =
      Connect(server, load, {{2, 1}, {2, 1}, {2, 0}, {2, 1}})
          ->Run(ClosedLoop(12, absl::Milliseconds(500)));
  EXPECT_EQ(result.failed_count(), 0);
  EXPECT_EQ(result.ok.count(), server.calls());
  EXPECT_EQ(server.connections(), 3);
  // The server answers a stream's requests one after the other: four wait for
  // 40 ms together.
  EXPECT_EQ(server.most_at_once(), 3);
  EXPECT_GE(result.ok.PercentileMs(0.5), 35);
  EXPECT_GE(result.ok.count(), 12);
  // Each of the three lanes compares the answers to all four requests once.
  EXPECT_EQ(result.expected, 24);
  EXPECT_EQ(result.matches, 21);
}

TEST(LoadGeneratorTest, AStreamThatFailsFailsItsRequestsAndIsBegunAgain) {
  SlowServerOptions options;
  options.latency = absl::Milliseconds(1);
  options.refuse_every = 20;
  SlowServer server(options);
  LoadOptions load;
  load.stream = true;
  load.connections = 1;
  const LoadResult result =
      Connect(server, load)->Run(ClosedLoop(4, absl::Milliseconds(600)));
  ASSERT_EQ(result.failed.count(grpc::StatusCode::RESOURCE_EXHAUSTED), 1u);
  const int64_t failed = result.failed_count();
  // Each failure took with it the refused request and up to three behind it.
  EXPECT_GE(failed, 2);
  EXPECT_LE(failed, 4 * (server.calls() / 20));
  EXPECT_EQ(result.ok.count(), server.calls() - server.calls() / 20);
}

TEST(LoadGeneratorTest, AServerThatIsNotThereIsSaidAtOnce) {
  LoadOptions options;
  options.target = "127.0.0.1:1";
  options.connect_timeout = absl::Milliseconds(300);
  RequestOptions request;
  const auto generator = LoadGenerator::Connect(
      options, MakeRequests(request, {client::Query::OfItem(1)}, {}));
  EXPECT_EQ(generator.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(generator.status().message()),
              HasSubstr("connection 1 of 8 to " + options.target));
}

}  // namespace
}  // namespace annod::load
