// The recall of real traffic, measured by asking sampled queries again.
#include <string>

#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kDim = 16;

class RecallTest : public testing::Test {
 protected:
  RecallTest()
      : cluster_(/*workers=*/1, [](Config* config) {
          config->recall_sample_fraction = 1;
          config->recall_cpu_fraction = 1;
        }) {
    cluster_.StartAll();
    EXPECT_TRUE(
        CreateIndex(&cluster_, "words", kDim, v1::METRIC_EUCLIDEAN).ok());
    EXPECT_TRUE(AddRandomItems(&cluster_, "words", kDim, 0, 3000).ok());
    EXPECT_TRUE(Build(&cluster_, "words").ok());
  }

  // Asks `count` queries and returns the recall measured of them.
  double Measure(int search_k, v1::Engine engine, int count) {
    const double expected = Sum("annod_recall_expected_total");
    const double matches = Sum("annod_recall_matches_total");
    for (int i = 0; i < count; ++i) {
      v1::GetNnsRequest request = ItemQuery("words", i * 7, 10);
      request.set_search_k(search_k);
      request.set_engine(engine);
      int tries = 10;
      while (!IsMeasured(request) && --tries > 0) {
      }
      EXPECT_GT(tries, 0);
    }
    EXPECT_EQ(Sum("annod_recall_expected_total"), expected + 10 * count);
    return (Sum("annod_recall_matches_total") - matches) / (10 * count);
  }

  // Asks and returns whether the answer was measured: on a busy machine it may
  // be dropped instead.
  bool IsMeasured(const v1::GetNnsRequest& request) {
    const double samples = Sum("annod_recall_samples_total");
    const double dropped = Dropped();
    v1::GetNnsResponse response;
    EXPECT_TRUE(GetNns(&cluster_, request, &response).ok());
    bool measured = false;
    EXPECT_TRUE(Eventually([&] {
      measured = Sum("annod_recall_samples_total") == samples + 1;
      return measured || Dropped() == dropped + 1;
    }));
    return measured;
  }

  double Dropped() {
    return cluster_.Metric("annod_recall_dropped_samples_total",
                           {{"reason", "queue_full"}});
  }

  double Sum(const std::string& name) {
    return cluster_.Metric(name, {{"index", "words"}, {"engine", "forest"}});
  }

  Cluster cluster_;
};

TEST_F(RecallTest, IsTheShareOfTrueNeighboursInTheAnswers) {
  // Looking at everything finds everything; looking at little does not.
  EXPECT_EQ(Measure(1000000, v1::ENGINE_FOREST, 20), 1);
  const double little = Measure(20, v1::ENGINE_FOREST, 40);
  EXPECT_LT(little, 0.9);
  EXPECT_GT(little, 0.05);
}

TEST_F(RecallTest, ExactAnswersAreNotAskedAgain) {
  v1::GetNnsRequest request = ItemQuery("words", 1, 10);
  request.set_engine(v1::ENGINE_EXACT);
  v1::GetNnsResponse response;
  EXPECT_TRUE(GetNns(&cluster_, request, &response).ok());
  // Sampling is in the order of the queries: only this one is measured.
  EXPECT_EQ(Measure(1000000, v1::ENGINE_AUTO, 1), 1);
  EXPECT_EQ(Sum("annod_recall_samples_total"), 1);
}

}  // namespace
}  // namespace annod
