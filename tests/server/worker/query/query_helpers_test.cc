#include "server/worker/query/query_helpers.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr int kQueries = 200;
constexpr absl::Duration kPatience = absl::Seconds(20);

// Notes which query was worked on by whom.
class Log {
 public:
  void Add(int query) {
    absl::MutexLock lock(&mu_);
    queries_.push_back(query);
    threads_.insert(std::this_thread::get_id());
  }
  // Waits until more than one thread has worked; false if none did.
  bool AwaitOther() {
    absl::MutexLock lock(&mu_);
    const auto helped = [this] { return threads_.size() > 1; };
    return mu_.AwaitWithTimeout(absl::Condition(&helped), kPatience);
  }
  std::vector<int> queries() {
    absl::MutexLock lock(&mu_);
    return queries_;
  }
  size_t thread_count() {
    absl::MutexLock lock(&mu_);
    return threads_.size();
  }

 private:
  absl::Mutex mu_;
  std::vector<int> queries_;
  std::set<std::thread::id> threads_;
};

std::vector<int> UpTo(int count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

class QueryHelpersTest : public testing::Test {
 protected:
  void ForEach(QueryHelpers* helpers, int count, QueryHelpers::Work work) {
    const QueryHelpers::Searching searching(helpers);
    helpers->ForEach(count, &scratch_, work, [] {});
  }
  bool OnCaller(const QueryScratch* scratch) const {
    return scratch == &scratch_;
  }

  QueryScratch scratch_;
  Log log_;
};

TEST_F(QueryHelpersTest, OneThreadWorksInOrder) {
  QueryHelpers helpers(1);
  for (const int count : {0, 1, 3, 4, kQueries}) {
    Log log;
    ForEach(&helpers, count, [&](int i, QueryScratch* scratch) {
      EXPECT_TRUE(OnCaller(scratch));
      log.Add(i);
      return true;
    });
    EXPECT_EQ(log.queries(), UpTo(count));
  }
}

TEST_F(QueryHelpersTest, IdleThreadsHelpWithScratchOfTheirOwn) {
  QueryHelpers helpers(3);
  ForEach(&helpers, kQueries, [&](int i, QueryScratch* scratch) {
    EXPECT_NE(scratch, nullptr);
    log_.Add(i);
    return log_.AwaitOther();
  });
  EXPECT_GT(log_.thread_count(), 1);
  std::vector<int> queries = log_.queries();
  std::sort(queries.begin(), queries.end());
  EXPECT_EQ(queries, UpTo(kQueries));
}

TEST_F(QueryHelpersTest, TheyHelpAgainAndAgain) {
  QueryHelpers helpers(2);
  for (int round = 0; round < 50; ++round) {
    Log log;
    ForEach(&helpers, 20, [&](int i, QueryScratch*) {
      log.Add(i);
      return log.AwaitOther();
    });
    EXPECT_EQ(log.thread_count(), 2);
  }
}

TEST_F(QueryHelpersTest, FewQueriesStayWithTheCaller) {
  QueryHelpers helpers(4);
  ForEach(&helpers, 3, [&](int i, QueryScratch*) {
    log_.Add(i);
    return true;
  });
  EXPECT_EQ(log_.queries(), UpTo(3));
  EXPECT_EQ(log_.thread_count(), 1);
}

TEST_F(QueryHelpersTest, NobodyHelpsWhileAllThreadsSearch) {
  QueryHelpers helpers(2);
  const QueryHelpers::Searching other(&helpers);
  ForEach(&helpers, kQueries, [&](int i, QueryScratch*) {
    log_.Add(i);
    return true;
  });
  EXPECT_EQ(log_.queries(), UpTo(kQueries));
  EXPECT_EQ(log_.thread_count(), 1);
}

TEST_F(QueryHelpersTest, HelpersLeaveWhenOthersBeginToSearch) {
  QueryHelpers helpers(2);
  std::unique_ptr<QueryHelpers::Searching> other;
  absl::Mutex mu;
  int helped_after = 0;
  ForEach(&helpers, kQueries, [&](int i, QueryScratch* scratch) {
    log_.Add(i);
    if (OnCaller(scratch)) {
      if (!log_.AwaitOther()) return false;
      absl::MutexLock lock(&mu);
      if (other == nullptr) {
        other = std::make_unique<QueryHelpers::Searching>(&helpers);
      }
    } else {
      absl::MutexLock lock(&mu);
      if (other != nullptr) ++helped_after;
    }
    return true;
  });
  EXPECT_EQ(log_.queries().size(), kQueries);
  // The one it was at, and one it may just have taken.
  EXPECT_LE(helped_after, 2);
}

TEST_F(QueryHelpersTest, NothingBeginsAfterAFailure) {
  QueryHelpers helpers(3);
  ForEach(&helpers, kQueries, [&](int i, QueryScratch*) {
    log_.Add(i);
    return i != 10;
  });
  std::vector<int> queries = log_.queries();
  std::sort(queries.begin(), queries.end());
  // All before it, and what the others were at.
  ASSERT_GE(queries.size(), 11);
  EXPECT_LE(queries.size(), 11 + 3 * 3);
  for (int i = 0; i <= 10; ++i) EXPECT_EQ(queries[i], i);
}

TEST_F(QueryHelpersTest, TheCallerLooksAroundWhileItWaits) {
  QueryHelpers helpers(2);
  absl::Mutex mu;
  bool waited = false;
  const auto has_waited = [&] { return waited; };
  const QueryHelpers::Searching searching(&helpers);
  helpers.ForEach(
      10, &scratch_,
      [&](int i, QueryScratch* scratch) {
        log_.Add(i);
        if (OnCaller(scratch)) return log_.AwaitOther();
        absl::MutexLock lock(&mu);
        return mu.AwaitWithTimeout(absl::Condition(&has_waited), kPatience);
      },
      [&] {
        absl::MutexLock lock(&mu);
        waited = true;
      });
  EXPECT_TRUE(waited);
}

}  // namespace
}  // namespace annod
