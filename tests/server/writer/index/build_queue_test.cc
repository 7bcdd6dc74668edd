#include "server/writer/index/build_queue.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

BuildSpec Spec(int trees, int threads = 0) {
  BuildSpec spec;
  spec.tree_count = trees;
  spec.threads = threads;
  return spec;
}

// A queue whose builds wait until the test lets them go, or are cancelled.
class BuildQueueTest : public testing::Test {
 protected:
  BuildQueueTest()
      : queue_([this](BuildJob* job) { return Run(job); }, nullptr) {}
  ~BuildQueueTest() override {
    queue_.Stop(absl::CancelledError("end of the test"));
  }

  absl::StatusOr<v1::BuildResult> Run(BuildJob* job) {
    job->Report(v1::BUILD_PHASE_TREES, 0.5, 1);
    absl::MutexLock lock(&mu_);
    ran_.push_back(job->index());
    const auto go = [&] { return released_ || job->cancelled(); };
    while (!go()) {
      mu_.AwaitWithTimeout(absl::Condition(&released_), absl::Milliseconds(5));
    }
    if (job->cancelled()) return absl::CancelledError("cancelled");
    v1::BuildResult result;
    result.set_version(static_cast<int64_t>(ran_.size()));
    return result;
  }

  void Release() {
    absl::MutexLock lock(&mu_);
    released_ = true;
  }

  absl::Mutex mu_;
  bool released_ = false;
  std::vector<std::string> ran_;
  BuildQueue queue_;
};

TEST_F(BuildQueueTest, AnEqualRequestJoinsAndAnotherIsRefused) {
  const auto first = queue_.Submit("a", Spec(10, 1));
  ASSERT_TRUE(first.ok());
  const auto joined = queue_.Submit("a", Spec(10, 8));
  ASSERT_TRUE(joined.ok());
  EXPECT_EQ(*first, *joined);
  const auto refused = queue_.Submit("a", Spec(11));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused.status()), "BUILD_RUNNING");
  Release();
  (*first)->AwaitDone();
  ASSERT_TRUE((*first)->result().ok());
  EXPECT_EQ((*first)->Progress().phase(), v1::BUILD_PHASE_DONE);
  EXPECT_EQ((*first)->Progress().fraction_done(), 1);
  EXPECT_EQ(queue_.Find("a"), nullptr);
  // Once it is done, the same request is a new build.
  const auto next = queue_.Submit("a", Spec(10));
  ASSERT_TRUE(next.ok());
  EXPECT_NE(*first, *next);
}

TEST_F(BuildQueueTest, OneBuildRunsAtATime) {
  const auto first = queue_.Submit("a", Spec(1));
  const auto second = queue_.Submit("b", Spec(1));
  (*first)->AwaitChange(v1::BUILD_PHASE_QUEUED, absl::Seconds(20));
  EXPECT_EQ((*first)->Progress().phase(), v1::BUILD_PHASE_TREES);
  EXPECT_EQ((*second)->Progress().phase(), v1::BUILD_PHASE_QUEUED);
  Release();
  (*second)->AwaitDone();
  EXPECT_TRUE((*first)->done());
  EXPECT_EQ((*first)->result()->version(), 1);
  EXPECT_EQ((*second)->result()->version(), 2);
}

TEST_F(BuildQueueTest, AWaitingBuildIsCancelledWithoutItsTurn) {
  const auto first = queue_.Submit("a", Spec(1));
  const auto second = queue_.Submit("b", Spec(1));
  queue_.BlockAndCancel("b", absl::AbortedError("dropped"));
  EXPECT_TRUE((*second)->done());
  EXPECT_EQ((*second)->result().status(), absl::AbortedError("dropped"));
  EXPECT_FALSE((*first)->done());
  EXPECT_FALSE(queue_.Submit("b", Spec(1)).ok()) << "blocked";
  queue_.Unblock("b");
  EXPECT_TRUE(queue_.Submit("b", Spec(1)).ok());
}

TEST_F(BuildQueueTest, ARunningBuildEndsWithTheReasonOfItsCancellation) {
  const auto job = queue_.Submit("a", Spec(1));
  (*job)->AwaitChange(v1::BUILD_PHASE_QUEUED, absl::Seconds(20));
  queue_.BlockAndCancel("a", absl::AbortedError("dropped"));
  EXPECT_EQ((*job)->result().status(), absl::AbortedError("dropped"));
}

TEST_F(BuildQueueTest, StopEndsEverything) {
  const auto first = queue_.Submit("a", Spec(1));
  const auto second = queue_.Submit("b", Spec(1));
  const absl::Status why = absl::UnavailableError("draining");
  queue_.Stop(why);
  EXPECT_EQ((*first)->result().status(), why);
  EXPECT_EQ((*second)->result().status(), why);
  EXPECT_EQ(queue_.Submit("c", Spec(1)).status(), why);
}

TEST(BuildJobTest, TheGraphComesBetweenTreesAndPublishing) {
  BuildJob job("a", Spec(1), nullptr);
  job.Report(v1::BUILD_PHASE_TREES, 0.5, 5);
  job.Report(v1::BUILD_PHASE_GRAPH, 0.7, 9);
  EXPECT_EQ(job.Progress().phase(), v1::BUILD_PHASE_GRAPH);
  job.Report(v1::BUILD_PHASE_TREES, 0.9, 9);
  EXPECT_EQ(job.Progress().phase(), v1::BUILD_PHASE_GRAPH);
  job.Report(v1::BUILD_PHASE_PUBLISHING, 0, 9);
  EXPECT_EQ(job.Progress().phase(), v1::BUILD_PHASE_PUBLISHING);
}

// Also while the work turns out to be more than was thought.
TEST(BuildJobTest, TheTimeLeftAlwaysFalls) {
  BuildJob job("a", Spec(1), nullptr);
  job.Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  absl::SleepFor(absl::Milliseconds(20));
  job.Report(v1::BUILD_PHASE_TREES, 0.5, 5);
  double last = job.Progress().seconds_left();
  EXPECT_GT(last, 0);
  for (int i = 0; i < 20; ++i) {
    absl::SleepFor(absl::Milliseconds(5));
    const double left = job.Progress().seconds_left();
    EXPECT_LT(left, last);
    EXPECT_GT(left, 0);
    last = left;
  }
  job.Report(v1::BUILD_PHASE_PUBLISHING, 1, 9);
  absl::SleepFor(absl::Milliseconds(5));
  EXPECT_LT(job.Progress().seconds_left(), last);
}

TEST_F(BuildQueueTest, WhoWaitsFindsTheJobGone) {
  std::vector<std::string> ended;
  BuildQueue* self = nullptr;
  BuildQueue queue([](BuildJob*) { return v1::BuildResult(); }, nullptr,
                   [&](const std::string& index) {
                     EXPECT_EQ(self->Find(index), nullptr);
                     ended.push_back(index);
                   });
  self = &queue;
  const auto job = queue.Reserve("a", Spec(1));
  ASSERT_TRUE(job.ok());
  queue.Enqueue(*job);
  (*job)->AwaitDone();
  EXPECT_EQ(ended, std::vector<std::string>({"a"}));
  const auto abandoned = queue.Reserve("b", Spec(1));
  queue.Abandon(*abandoned, absl::CancelledError("no"));
  EXPECT_EQ(ended, std::vector<std::string>({"a", "b"}));
}

TEST(BuildJobTest, ProgressNeverFalls) {
  int reports = 0;
  BuildJob job("a", Spec(1), [&] { ++reports; });
  EXPECT_EQ(job.Progress().phase(), v1::BUILD_PHASE_QUEUED);
  job.Report(v1::BUILD_PHASE_TREES, 0.9, 9);
  const double high = job.Progress().fraction_done();
  job.Report(v1::BUILD_PHASE_TREES, 0.2, 2);
  job.Report(v1::BUILD_PHASE_COLLECTING, 1, 0);
  EXPECT_EQ(job.Progress().fraction_done(), high);
  EXPECT_EQ(job.Progress().phase(), v1::BUILD_PHASE_TREES);
  EXPECT_EQ(job.Progress().trees_done_count(), 9);
  EXPECT_GE(job.Progress().seconds_left(), 0);
  job.Report(v1::BUILD_PHASE_PUBLISHING, 7, 9);
  EXPECT_GT(job.Progress().fraction_done(), high);
  EXPECT_LT(job.Progress().fraction_done(), 1);
  EXPECT_EQ(reports, 3) << "one was of a phase that is over";
}

}  // namespace
}  // namespace annod
