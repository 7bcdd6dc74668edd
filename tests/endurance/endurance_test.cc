// The short form of tests/endurance/run.

#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/endurance/kill_sweep.h"
#include "tests/endurance/ledger.h"
#include "tests/endurance/storage_sweep.h"

namespace annod::endurance {
namespace {

void ExpectNothingWrong(const Report& report) {
  EXPECT_EQ(report.lost, 0);
  EXPECT_EQ(report.reappeared, 0);
  for (const std::string& fault : report.faults) ADD_FAILURE() << fault;
}

TEST(EnduranceTest, NothingIsLostInTenKills) {
  SweepOptions options;
  options.stops = 10;
  const Report report = SweepKills(options, testing::NewTempDir());
  ExpectNothingWrong(report);
  EXPECT_EQ(report.stops, 10);
  EXPECT_GT(report.acknowledged, 0);
  EXPECT_GT(report.operations, 0);
}

TEST(EnduranceTest, NothingIsLostWhereverStorageFails) {
  for (const StorageFault fault :
       {StorageFault::kFsync, StorageFault::kFull, StorageFault::kUnsynced}) {
    SCOPED_TRACE(static_cast<int>(fault));
    SweepOptions options;
    options.stops = 200;
    const Report report = SweepStorage(fault, options);
    ExpectNothingWrong(report);
    EXPECT_EQ(report.stops, 200);
    EXPECT_GT(report.acknowledged, 0);
    EXPECT_GT(report.removed, 0);
  }
}

TEST(EnduranceTest, TheLedgerTellsWhatIsLostAndWhatReappears) {
  Ledger ledger;
  Report report;
  ledger.Made({1, 2});
  ledger.Unmade({3, 4});
  ledger.Begin({5, 6});
  ledger.Compare({5, 6}, {5}, /*settled=*/false, "item", &report);
  EXPECT_TRUE(report.ok());
  ledger.Compare({1, 2, 3, 4, 5, 6}, {1, 3, 5}, true, "item", &report);
  EXPECT_EQ(report.lost, 1);
  EXPECT_EQ(report.reappeared, 1);
  EXPECT_EQ(report.faults.size(), 2);
  // What was found is known from now on.
  ledger.Compare({5, 6}, {6}, true, "item", &report);
  EXPECT_EQ(report.lost, 2);
  EXPECT_EQ(report.reappeared, 2);
}

}  // namespace
}  // namespace annod::endurance
