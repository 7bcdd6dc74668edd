#include "client/ctl/measure/bench_report.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod::ctl {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMs = 1'000'000;

// 4 of 10 calls refused, 3 not sent; sent up to 5 ms late.
BenchReport Overloaded() {
  BenchReport report;
  report.index = "words";
  report.engine = "graph";
  report.batch = 2;
  report.n = 10;
  report.connections = 8;
  BenchRun run;
  run.load.rate = 1500;
  run.load.max_in_flight = 99;
  run.result.seconds = 2;
  run.result.answered_in_time = 5;
  for (int i = 1; i <= 6; ++i) run.result.ok.Record(i * kMs);
  load::FailedCalls& refused =
      run.result.failed[grpc::StatusCode::RESOURCE_EXHAUSTED];
  refused.first_message = "the worker is full";
  for (int i = 0; i < 4; ++i) refused.latency.Record(kMs / 2);
  run.result.unsent = 3;
  for (int i = 1; i <= 5; ++i) run.result.send_lag.Record(i * kMs);
  run.result.matches = 19;
  run.result.expected = 20;
  report.runs.push_back(run);
  return report;
}

TEST(BenchReportTest, FailuresAndTheirLatenciesAreApartInJson) {
  const Json load = ToJson(Overloaded())["loads"][0];
  EXPECT_EQ(load["calls_per_second"], 2.5);
  EXPECT_EQ(load["queries_per_second"], 5.0);
  EXPECT_EQ(load["answered"], 6);
  EXPECT_EQ(load["latency_ms"]["max"], 6.0);
  EXPECT_EQ(load["latency_ms"]["mean"], 3.5);
  EXPECT_EQ(load["unsent"], 3);
  EXPECT_EQ(load["recall"], 0.95);
  ASSERT_EQ(load["failed"].size(), 1u);
  EXPECT_EQ(load["failed"][0]["code"], "RESOURCE_EXHAUSTED");
  EXPECT_EQ(load["failed"][0]["calls"], 4);
  EXPECT_EQ(load["failed"][0]["message"], "the worker is full");
  EXPECT_EQ(load["failed"][0]["latency_ms"]["max"], 0.5);
}

TEST(BenchReportTest, TheTableIsFollowedByWhatWentWrong) {
  testing::internal::CaptureStdout();
  Print(Overloaded());
  const std::string out = testing::internal::GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr("1,500/s"));
  EXPECT_THAT(out, HasSubstr("0.9500"));
  EXPECT_THAT(out, HasSubstr("4 RESOURCE_EXHAUSTED, p50 0.500 ms, p99 0.500 "
                             "ms: the worker is full"));
  EXPECT_THAT(out, HasSubstr("3 calls were due and not sent: 99 were in "
                             "flight"));
  EXPECT_THAT(out, HasSubstr("sent 5.000 ms late or more"));
}

TEST(BenchReportTest, ALoadWithoutAnAnswerHasNoLatency) {
  BenchReport report = Overloaded();
  report.runs[0].result.ok = load::LatencyHistogram();
  EXPECT_TRUE(ToJson(report)["loads"][0]["latency_ms"].is_null());
  for (const ChartSeries& series : LatencyChart(report).series) {
    EXPECT_TRUE(series.points.empty());
  }
}

TEST(BenchReportTest, TheChartPlacesOpenLoopsByTheRateAskedFor) {
  BenchReport report = Overloaded();
  BenchRun slower = report.runs[0];
  slower.load.rate = 700;
  BenchRun closed = report.runs[0];
  closed.load.rate.reset();
  report.runs.push_back(slower);
  report.runs.push_back(closed);
  const Chart chart = LatencyChart(report);
  ASSERT_EQ(chart.series.size(), 4u);
  EXPECT_EQ(chart.series[0].name, "p50");
  ASSERT_EQ(chart.series[0].points.size(), 2u);
  EXPECT_EQ(chart.series[0].points[0].x, 700);
  EXPECT_EQ(chart.series[0].points[1].x, 1500);
  EXPECT_NEAR(chart.series[0].points[0].y, 3, 0.03);
  EXPECT_NEAR(chart.series[3].points[0].y, 6, 0.06);
}

TEST(BenchReportTest, TheChartPlacesClosedLoopsByWhatTheyGotAnswered) {
  BenchReport report = Overloaded();
  report.runs[0].load.rate.reset();
  const Chart chart = LatencyChart(report);
  ASSERT_EQ(chart.series[0].points.size(), 1u);
  EXPECT_EQ(chart.series[0].points[0].x, 2.5);
}

}  // namespace
}  // namespace annod::ctl
