#include "server/metrics/metrics_page.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/metrics_slot.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::unique_ptr<MetricsPage> NewPage(int slots) {
  absl::StatusOr<std::unique_ptr<MetricsPage>> page =
      MetricsPage::Create(slots);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *std::move(page) : nullptr;
}

// The only series of that name in the slot, or a failure.
SeriesSample Sample(const MetricsPage& page, int slot,
                    const std::string& name) {
  std::vector<SeriesSample> found;
  for (const SeriesSample& sample : page.Read(slot)) {
    if (sample.name == name) found.push_back(sample);
  }
  EXPECT_EQ(found.size(), 1) << name;
  return found.empty() ? SeriesSample() : found[0];
}

double Dropped(const MetricsPage& page, int slot) {
  return Sample(page, slot, "annod_metrics_dropped_series_total").value;
}

size_t SeriesCount(const MetricsPage& page, int slot) {
  return page.Read(slot).size() - 1;  // without the dropped ones' counter
}

// Runs `body` in a forked process that has inherited the page.
pid_t Fork(const std::function<void()>& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    body();
    _exit(0);
  }
  return pid;
}

int Wait(pid_t pid) {
  int status = -1;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return status;
}

TEST(MetricsPage, ValuesWrittenAreRead) {
  const auto page = NewPage(2);
  const auto writer = page->Writer(1);
  const Counter queries = writer->GetCounter(
      "annod_queries_total", {{"engine", "forest"}, {"index", "words"}});
  queries.Add();
  queries.Add(2);
  const Gauge in_flight =
      writer->GetGauge("annod_in_flight_calls", {{"lane", "quick"}});
  in_flight.Set(5);
  in_flight.Add(-2);

  const SeriesSample sample = Sample(*page, 1, "annod_queries_total");
  EXPECT_EQ(sample.kind, MetricKind::kCounter);
  EXPECT_EQ(sample.value, 3);
  EXPECT_THAT(sample.labels,
              ElementsAre(Pair("index", "words"), Pair("engine", "forest")));
  EXPECT_EQ(Sample(*page, 1, "annod_in_flight_calls").value, 3);
  EXPECT_EQ(SeriesCount(*page, 0), 0) << "the other slot is empty";
}

TEST(MetricsPage, ObservationsFallIntoTheBucketThatBoundsThem) {
  const auto page = NewPage(1);
  const auto writer = page->Writer(0);
  const Histogram stage = writer->GetHistogram(
      "annod_search_stage_duration_seconds", {{"stage", "search"}});
  stage.Observe(0);
  stage.Observe(1e-5);    // on the bound: the first bucket
  stage.Observe(1.1e-5);  // the second
  stage.Observe(10);      // the last with a bound
  stage.Observe(11);      // +Inf
  stage.Observe(-1);      // a clock that stepped back counts as 0
  const SeriesSample sample =
      Sample(*page, 0, "annod_search_stage_duration_seconds");
  ASSERT_EQ(sample.buckets.size(), kHistogramBucketCount);
  EXPECT_EQ(sample.buckets[0], 3);
  EXPECT_EQ(sample.buckets[1], 1);
  EXPECT_EQ(sample.buckets[kHistogramBucketCount - 2], 1);
  EXPECT_EQ(sample.buckets[kHistogramBucketCount - 1], 1);
  EXPECT_DOUBLE_EQ(sample.value, 1e-5 + 1.1e-5 + 21);
}

TEST(MetricsPage, TheSameSeriesIsFoundAgain) {
  const auto page = NewPage(1);
  const auto writer = page->Writer(0);
  const LabelPairs labels = {{"index", "a"}, {"engine", "exact"}};
  EXPECT_EQ(writer->GetCounter("annod_queries_total", labels).cell,
            writer->GetCounter("annod_queries_total", labels).cell);
  EXPECT_EQ(SeriesCount(*page, 0), 1);
}

TEST(MetricsPage, WhatTheCatalogDoesNotHaveIsDroppedAndCounted) {
  const auto page = NewPage(1);
  const auto writer = page->Writer(0);
  writer->GetCounter("annod_no_such_total", {}).Add();
  writer->GetGauge("annod_queries_total", {}).Add(1);   // wrong kind
  writer->GetCounter("annod_queries_total", {}).Add();  // no labels
  writer->GetCounter("annod_rejected_calls_total", {{"why", "x"}}).Add();
  writer->GetCounter("annod_rejected_calls_total", {{"reason", "a\nb"}}).Add();
  writer
      ->GetCounter("annod_rejected_calls_total",
                   {{"reason", std::string(250, 'x')}})
      .Add();
  writer->GetHistogram("annod_queries_total", {}).Observe(1);
  EXPECT_EQ(SeriesCount(*page, 0), 0);
  EXPECT_EQ(Dropped(*page, 0), 7);
}

TEST(MetricsPage, AFullSlotDropsSeriesAndKeepsTheOthers) {
  const auto page = NewPage(2);
  const auto writer = page->Writer(0);
  for (uint32_t i = 0; i < kMaxScalars + 3; ++i) {
    writer->GetGauge("annod_index_items", {{"index", absl::StrCat("i", i)}})
        .Set(i);
  }
  EXPECT_EQ(SeriesCount(*page, 0), kMaxScalars);
  EXPECT_EQ(Dropped(*page, 0), 3);
  EXPECT_EQ(SeriesCount(*page, 1), 0);
}

TEST(MetricsPage, RemovedSeriesComeBackFromZero) {
  const auto page = NewPage(1);
  const auto writer = page->Writer(0);
  const LabelPairs labels = {{"index", "a"}};
  writer->GetGauge("annod_index_items", labels).Set(7);
  writer->GetGauge("annod_index_items", {{"index", "b"}}).Set(8);
  writer->GetCounter("annod_items_added_total", labels).Add(9);
  const Histogram calls = writer->GetHistogram(
      "annod_rpc_duration_seconds",
      {{"method", "GetNns"}, {"index", "a"}, {"code", "OK"}});
  calls.Observe(1);
  EXPECT_EQ(SeriesCount(*page, 0), 4);
  writer->Remove("index", "a");
  EXPECT_EQ(SeriesCount(*page, 0), 1);
  EXPECT_EQ(Sample(*page, 0, "annod_index_items").value, 8);
  calls.Observe(1);  // of a call that was under way
  writer->GetCounter("annod_items_added_total", labels).Add(2);
  EXPECT_EQ(Sample(*page, 0, "annod_items_added_total").value, 2);

  writer->Remove("index", "b");
  writer->GetGauge("annod_index_items", labels).Add(1);
  EXPECT_EQ(Sample(*page, 0, "annod_index_items").value, 1);
}

TEST(MetricsPage, AnotherProcessMapsThePageByItsDescriptor) {
  const auto page = NewPage(2);
  const int fd = dup(page->fd());
  const pid_t pid = Fork([fd] {
    absl::StatusOr<std::unique_ptr<MetricsPage>> mine = MetricsPage::FromFd(fd);
    if (!mine.ok()) _exit(1);
    (*mine)
        ->Writer(1)
        ->GetGauge("annod_in_flight_calls", {{"lane", "quick"}})
        .Set(42);
  });
  EXPECT_EQ(Wait(pid), 0);
  EXPECT_EQ(Sample(*page, 1, "annod_in_flight_calls").value, 42);
}

TEST(MetricsPage, ADescriptorOfSomethingElseIsRefused) {
  EXPECT_FALSE(MetricsPage::FromFd(-1).ok());
  const int fd = memfd_create("small", MFD_CLOEXEC);
  EXPECT_FALSE(MetricsPage::FromFd(fd).ok());
  ASSERT_EQ(ftruncate(fd, sizeof(MetricsSlot) + 1), 0);
  EXPECT_FALSE(MetricsPage::FromFd(fd).ok());
  EXPECT_FALSE(MetricsPage::Create(0).ok());
}

TEST(MetricsPage, NoProcessCanCutThePageUnderTheOthers) {
  const auto page = NewPage(1);
  EXPECT_NE(ftruncate(page->fd(), 0), 0);
}

// Four processes of two threads write while this one reads: nothing is lost,
// and no reading is ever less than the one before.
TEST(MetricsPage, ConcurrentWritersLoseNothingAndReadersSeeCountersRise) {
  constexpr int kProcesses = 4;
  constexpr int kAdds = 20000;
  const auto page = NewPage(kProcesses);
  std::vector<pid_t> pids;
  for (int slot = 0; slot < kProcesses; ++slot) {
    pids.push_back(Fork([&page, slot] {
      const auto writer = page->Writer(slot);
      const auto work = [&writer](int thread) {
        for (int i = 0; i < kAdds; ++i) {
          writer
              ->GetCounter(
                  "annod_queries_total",
                  {{"index", absl::StrCat(i % 100)}, {"engine", "forest"}})
              .Add();
          writer
              ->GetHistogram("annod_search_stage_duration_seconds",
                             {{"stage", absl::StrCat(i % 7)}})
              .Observe(1e-4);
        }
      };
      std::thread other(work, 1);
      work(0);
      other.join();
    }));
  }
  const auto total = [&page] {
    double sum = 0;
    for (int slot = 0; slot < kProcesses; ++slot) {
      for (const SeriesSample& sample : page->Read(slot)) {
        if (sample.name == "annod_queries_total") sum += sample.value;
      }
    }
    return sum;
  };
  double last = 0;
  for (size_t done = 0; done < pids.size();) {
    const double now = total();
    EXPECT_GE(now, last);
    last = now;
    int status;
    if (waitpid(pids[done], &status, WNOHANG) == pids[done]) {
      EXPECT_EQ(status, 0);
      ++done;
    }
  }
  EXPECT_EQ(total(), 2.0 * kAdds * kProcesses);
  for (int slot = 0; slot < kProcesses; ++slot) {
    EXPECT_EQ(SeriesCount(*page, slot), 107);
    uint64_t observed = 0;
    for (const SeriesSample& sample : page->Read(slot)) {
      observed = std::accumulate(sample.buckets.begin(), sample.buckets.end(),
                                 observed);
    }
    EXPECT_EQ(observed, 2 * kAdds);
  }
}

TEST(MetricsPage, AProcessKilledWhileWritingLeavesOnlyWholeSeries) {
  for (int round = 0; round < 20; ++round) {
    const auto page = NewPage(1);
    const pid_t pid = Fork([&page] {
      const auto writer = page->Writer(0);
      for (uint64_t i = 0;; ++i) {
        const Counter counter = writer->GetCounter(
            "annod_queries_total",
            {{"index", absl::StrCat("index-", i % 10000)}, {"engine", "x"}});
        counter.Add();
      }
    });
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (SeriesCount(*page, 0) < 50u * (round + 1)) {
      ASSERT_LT(absl::Now(), deadline);
    }
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    EXPECT_EQ(Wait(pid), SIGKILL);
    const std::vector<SeriesSample> samples = page->Read(0);
    for (size_t i = 0; i + 1 < samples.size(); ++i) {
      ASSERT_EQ(samples[i].name, "annod_queries_total");
      ASSERT_EQ(samples[i].labels[0].second.substr(0, 6), "index-");
      ASSERT_EQ(samples[i].labels[1].second, "x");
    }
    page->Clear(0);
    EXPECT_EQ(SeriesCount(*page, 0), 0);
    page->Writer(0)
        ->GetGauge("annod_in_flight_calls", {{"lane", "quick"}})
        .Set(1);
    EXPECT_EQ(SeriesCount(*page, 0), 1) << "the next process starts afresh";
  }
}

class GarbageTest : public testing::Test {
 protected:
  GarbageTest() : page_(NewPage(2)) {
    slots_ = static_cast<MetricsSlot*>(mmap(nullptr, 2 * sizeof(MetricsSlot),
                                            PROT_READ | PROT_WRITE, MAP_SHARED,
                                            page_->fd(), 0));
  }
  ~GarbageTest() override { munmap(slots_, 2 * sizeof(MetricsSlot)); }

  std::unique_ptr<MetricsPage> page_;
  MetricsSlot* slots_;
};

TEST_F(GarbageTest, RandomBytesAreReadWithinBounds) {
  std::mt19937_64 random(17);
  page_->Writer(1)
      ->GetGauge("annod_in_flight_calls", {{"lane", "quick"}})
      .Set(3);
  for (int round = 0; round < 3; ++round) {
    auto* words = reinterpret_cast<uint64_t*>(&slots_[0]);
    for (size_t i = 0; i < sizeof(MetricsSlot) / sizeof(uint64_t); ++i) {
      words[i] = round == 0 ? ~uint64_t{0} : random();
    }
    EXPECT_LE(SeriesCount(*page_, 0), kMaxScalars + kMaxHistograms);
    EXPECT_EQ(Sample(*page_, 1, "annod_in_flight_calls").value, 3);
  }
}

TEST_F(GarbageTest, EntriesThatMakeNoSenseAreSkipped) {
  const auto writer = page_->Writer(0);
  const auto fill = [&](const std::function<void(ScalarEntry*)>& spoil) {
    page_->Clear(0);
    page_->Writer(0)
        ->GetCounter("annod_rejected_calls_total", {{"reason", "full"}})
        .Add(1);
    EXPECT_EQ(SeriesCount(*page_, 0), 1);
    spoil(&slots_[0].scalars[0]);
    return SeriesCount(*page_, 0);
  };
  EXPECT_EQ(fill([](ScalarEntry*) {}), 1);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text_bytes = 257; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text_bytes = 0xFFFFFFFF; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text_bytes -= 1; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text_bytes += 1; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text[0] = 127; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text[1] = 'b'; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.text[28] = '\n'; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.kind = 2; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->head.kind = 4; }), 0);
  EXPECT_EQ(fill([](ScalarEntry* e) { e->value = ~uint64_t{0}; }), 0);  // NaN
  EXPECT_EQ(fill([](ScalarEntry* e) { e->value |= uint64_t{1} << 63; }), 0);
  slots_[0].scalar_count = 0xFFFFFFFF;
  EXPECT_LE(SeriesCount(*page_, 0), kMaxScalars);
}

}  // namespace
}  // namespace annod
