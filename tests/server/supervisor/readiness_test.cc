#include "server/supervisor/readiness.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

SeriesSample Gauge(const std::string& name, const LabelPairs& labels,
                   double value) {
  SeriesSample sample;
  sample.name = name;
  sample.labels = labels;
  sample.kind = MetricKind::kGaugeSum;
  sample.value = value;
  return sample;
}

// Two workers that are ready and serve "words", and a writer.
class ReadinessTest : public testing::Test {
 protected:
  ReadinessTest() : samples_(3) {
    for (int slot = 0; slot < 3; ++slot) {
      ChildStatus child;
      child.role =
          slot < 2 ? ChildOptions::Role::kWorker : ChildOptions::Role::kWriter;
      child.slot = slot;
      child.alive = true;
      child.pid = 100 + slot;
      status_.children.push_back(child);
    }
    for (int slot = 0; slot < 2; ++slot) {
      samples_[slot] = {Gauge("annod_worker_ready", {}, 1),
                        Gauge("annod_index_state",
                              {{"index", "words"}, {"state", "loading"}}, 0),
                        Gauge("annod_index_state",
                              {{"index", "words"}, {"state", "serving"}}, 1),
                        Gauge("annod_index_items", {{"index", "words"}}, 42)};
    }
  }

  std::string Reason() const {
    const Readiness readiness = JudgeReadiness(status_, samples_);
    EXPECT_EQ(readiness.ready, readiness.reason.empty());
    return readiness.reason;
  }

  SupervisorStatus::Snapshot status_;
  SlotSamples samples_;
};

TEST_F(ReadinessTest, ReadyWhenEveryWorkerServesWhatIsRequired) {
  EXPECT_EQ(Reason(), "");
  status_.required_indexes = {"words"};
  EXPECT_EQ(Reason(), "");
}

TEST_F(ReadinessTest, TheWriterDoesNotCount) {
  status_.children[2].alive = false;
  EXPECT_EQ(Reason(), "");
}

TEST_F(ReadinessTest, ADeadWorkerIsNamed) {
  status_.children[1].alive = false;
  EXPECT_EQ(Reason(), "worker 1 is being restarted");
}

TEST_F(ReadinessTest, AWorkerThatDoesNotAnswerIsNamed) {
  status_.children[1].stalled = true;
  EXPECT_EQ(Reason(), "worker 1 does not answer");
  status_.children[1].stalled = false;
  status_.children[2].stalled = true;
  EXPECT_EQ(Reason(), "");
  const nlohmann::json health =
      nlohmann::json::parse(HealthJson(status_, samples_));
  EXPECT_EQ(health["children"][2]["stalled"], true);
}

TEST_F(ReadinessTest, AWorkerThatHasNotLoadedIsNamed) {
  samples_[0][0].value = 0;
  EXPECT_EQ(Reason(), "worker 0 has not loaded its indexes yet");
  samples_[0].clear();
  EXPECT_EQ(Reason(), "worker 0 has not loaded its indexes yet");
  samples_.clear();
  EXPECT_EQ(Reason(), "worker 0 has not loaded its indexes yet");
}

TEST_F(ReadinessTest, ARequiredIndexMustServeOnEveryWorker) {
  status_.required_indexes = {"words"};
  samples_[1][2].value = 0;
  samples_[1][1].value = 1;  // loading
  EXPECT_EQ(Reason(), "worker 1 does not serve the required index 'words'");
  status_.required_indexes = {"other"};
  EXPECT_EQ(Reason(), "worker 0 does not serve the required index 'other'");
}

TEST_F(ReadinessTest, NotReadyWhileDraining) {
  status_.draining = true;
  EXPECT_EQ(Reason(), "draining");
}

TEST_F(ReadinessTest, HealthTellsTheSameInDetail) {
  status_.children[1].restart_count = 3;
  status_.children[1].last_cause = "SIGSEGV";
  status_.children[2].alive = false;
  const nlohmann::json health =
      nlohmann::json::parse(HealthJson(status_, samples_));
  EXPECT_EQ(health["ready"], true);
  EXPECT_EQ(health["children"][1]["restarts"], 3);
  EXPECT_EQ(health["children"][1]["last_end"], "SIGSEGV");
  EXPECT_EQ(health["children"][1]["ready"], true);
  EXPECT_EQ(health["children"][2]["role"], "writer");
  EXPECT_EQ(health["children"][2]["alive"], false);
  EXPECT_EQ(health["indexes"]["words"]["items"], 42);
  EXPECT_EQ(health["indexes"]["words"]["workers"]["serving"], 2);

  status_.draining = true;
  EXPECT_EQ(nlohmann::json::parse(HealthJson(status_, samples_))["ready"],
            false);
}

}  // namespace
}  // namespace annod
