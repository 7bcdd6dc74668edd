#include "server/metrics/collector.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/metric_catalog.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class CollectorTest : public testing::Test {
 protected:
  CollectorTest() {
    absl::StatusOr<std::unique_ptr<MetricsPage>> page = MetricsPage::Create(3);
    EXPECT_TRUE(page.ok()) << page.status();
    page_ = *std::move(page);
    collector_ = std::make_unique<Collector>(page_.get(), 3);
  }

  // The only metric of the family; absent if the family is.
  std::optional<prometheus::ClientMetric> Metric(const std::string& name) {
    for (const prometheus::MetricFamily& family : collector_->Collect()) {
      if (family.name != name) continue;
      EXPECT_EQ(family.metric.size(), 1) << name;
      return family.metric[0];
    }
    return std::nullopt;
  }

  // What one process does in its life.
  void Work(int slot, double amount) {
    const auto writer = page_->Writer(slot);
    writer->GetCounter("annod_rejected_calls_total", {{"reason", "full"}})
        .Add(amount);
    writer->GetGauge("annod_in_flight_calls", {{"lane", "quick"}}).Set(amount);
    writer->GetGauge("annod_index_version", {{"index", "a"}}).Set(amount);
    const Histogram histogram = writer->GetHistogram(
        "annod_search_stage_duration_seconds", {{"stage", "queue"}});
    for (int i = 0; i < amount; ++i) histogram.Observe(1e-3);
  }

  std::unique_ptr<MetricsPage> page_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(CollectorTest, SlotsAddUpByKind) {
  Work(0, 2);
  Work(2, 3);
  EXPECT_EQ(Metric("annod_rejected_calls_total")->counter.value, 5);
  EXPECT_EQ(Metric("annod_in_flight_calls")->gauge.value, 5);
  EXPECT_EQ(Metric("annod_index_version")->gauge.value, 3);
  const auto histogram =
      Metric("annod_search_stage_duration_seconds")->histogram;
  EXPECT_EQ(histogram.sample_count, 5);
  EXPECT_DOUBLE_EQ(histogram.sample_sum, 5e-3);
}

TEST_F(CollectorTest, HistogramBucketsAreCumulativeAndEndAtInfinity) {
  const auto writer = page_->Writer(0);
  const Histogram stage = writer->GetHistogram(
      "annod_search_stage_duration_seconds", {{"stage", "queue"}});
  stage.Observe(5e-6);
  stage.Observe(0.5);
  stage.Observe(100);
  const auto histogram =
      Metric("annod_search_stage_duration_seconds")->histogram;
  ASSERT_EQ(histogram.bucket.size(), kHistogramBucketCount);
  uint64_t last = 0;
  for (const auto& bucket : histogram.bucket) {
    EXPECT_GE(bucket.cumulative_count, last);
    last = bucket.cumulative_count;
    if (bucket.upper_bound < 0.5) {
      EXPECT_EQ(last, 1) << bucket.upper_bound;
    } else if (bucket.upper_bound <= 10) {
      EXPECT_EQ(last, 2) << bucket.upper_bound;
    }
  }
  EXPECT_EQ(histogram.bucket.back().upper_bound,
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(histogram.bucket.back().cumulative_count, 3);
  EXPECT_EQ(histogram.sample_count, 3);
}

TEST_F(CollectorTest, CountersNeverFallOverRestartsAndGaugesGoWithTheProcess) {
  double expected = 0;
  Work(1, 1);
  expected += 1;
  for (int life = 1; life <= 5; ++life) {
    Work(0, life);
    expected += life;
    EXPECT_EQ(Metric("annod_rejected_calls_total")->counter.value, expected);
    collector_->Retire(0);
    EXPECT_EQ(Metric("annod_rejected_calls_total")->counter.value, expected);
    EXPECT_EQ(
        Metric("annod_search_stage_duration_seconds")->histogram.sample_count,
        expected);
    EXPECT_EQ(Metric("annod_in_flight_calls")->gauge.value, 1);
    EXPECT_EQ(Metric("annod_index_version")->gauge.value, 1);
  }
  collector_->Retire(1);
  EXPECT_EQ(Metric("annod_rejected_calls_total")->counter.value, expected);
  EXPECT_FALSE(Metric("annod_in_flight_calls").has_value());
}

// What a worker says of an index that was created then.
void Serve(MetricsWriter* writer, const std::string& index, double created,
           double queries) {
  writer->GetGauge("annod_worker_ready", {}).Set(1);
  writer->GetGauge("annod_index_create_time_seconds", {{"index", index}})
      .Set(created);
  writer
      ->GetCounter("annod_queries_total",
                   {{"index", index}, {"engine", "exact"}})
      .Add(queries);
}

TEST_F(CollectorTest, CountersOfAnIndexGoWithIt) {
  const auto living = page_->Writer(1);
  Serve(living.get(), "a", 100, 1);
  const auto dying = page_->Writer(0);
  Serve(dying.get(), "a", 100, 2);
  collector_->Retire(0);
  EXPECT_EQ(Metric("annod_queries_total")->counter.value, 3);
  living->Remove("index", "a");
  EXPECT_FALSE(Metric("annod_queries_total").has_value());
  // Another of its name begins anew.
  Serve(living.get(), "a", 200, 5);
  EXPECT_EQ(Metric("annod_queries_total")->counter.value, 5);
}

TEST_F(CollectorTest, CountersOutliveAMomentWithoutWorkers) {
  const auto first = page_->Writer(0);
  Serve(first.get(), "a", 100, 2);
  collector_->Retire(0);
  EXPECT_EQ(Metric("annod_queries_total")->counter.value, 2);
  const auto next = page_->Writer(0);
  Serve(next.get(), "a", 100, 1);
  EXPECT_EQ(Metric("annod_queries_total")->counter.value, 3);
  collector_->Retire(0);
  // Dropped and made again while no worker lived.
  const auto last = page_->Writer(0);
  Serve(last.get(), "a", 300, 4);
  EXPECT_EQ(Metric("annod_queries_total")->counter.value, 4);
}

TEST_F(CollectorTest, WhatHasCountedNothingOfAnIndexIsLeftOut) {
  const auto writer = page_->Writer(0);
  Serve(writer.get(), "a", 100, 0);
  const Histogram calls = writer->GetHistogram(
      "annod_rpc_duration_seconds",
      {{"method", "GetNns"}, {"index", "a"}, {"code", "OK"}});
  writer->GetCounter("annod_process_restarts_total",
                     {{"role", "worker"}, {"cause", "SIGKILL"}});
  EXPECT_FALSE(Metric("annod_queries_total").has_value());
  EXPECT_FALSE(Metric("annod_rpc_duration_seconds").has_value());
  EXPECT_EQ(Metric("annod_process_restarts_total")->counter.value, 0);
  calls.Observe(0);
  EXPECT_EQ(Metric("annod_rpc_duration_seconds")->histogram.sample_count, 1);
}

TEST_F(CollectorTest, DroppedSeriesOfTheDeadAreRemembered) {
  page_->Writer(0)->GetCounter("annod_unknown_total", {});
  collector_->Retire(0);
  page_->Writer(0)->GetCounter("annod_unknown_total", {});
  EXPECT_EQ(Metric("annod_metrics_dropped_series_total")->counter.value, 2);
}

TEST_F(CollectorTest, RetiringAnEmptySlotChangesNothing) {
  Work(1, 4);
  collector_->Retire(0);
  collector_->Retire(0);
  collector_->Retire(17);
  EXPECT_EQ(Metric("annod_rejected_calls_total")->counter.value, 4);
}

TEST(MetricCatalog, NamesAreUniqueAndFoundAndFollowTheKind) {
  const std::vector<MetricInfo>& catalog = MetricCatalog();
  for (size_t i = 0; i < catalog.size(); ++i) {
    const std::string name = catalog[i].name;
    EXPECT_EQ(FindMetric(name), &catalog[i]);
    EXPECT_EQ(name.substr(0, 6), "annod_");
    if (i > 0) {
      EXPECT_NE(name, catalog[i - 1].name);
    }
    const bool total =
        name.size() > 6 && name.substr(name.size() - 6) == "_total";
    EXPECT_EQ(total, catalog[i].kind == MetricKind::kCounter) << name;
  }
  EXPECT_EQ(FindMetric("annod_"), nullptr);
  EXPECT_EQ(FindMetric("zzz"), nullptr);
}

}  // namespace
}  // namespace annod
