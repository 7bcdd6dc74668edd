// Is the live recall of a server the recall of what it answered? Every query is
// also asked exactly, which gives the truth over all queries; the estimate, of
// a sample, must lie as near to it as chance allows.
//
//   bazel test //tests/server:recall_estimate_test
//   bazel test //tests/server:recall_estimate_long_test   (20,000 samples)
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <tuple>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kItems = 4000;
// Some thirty of them are sampled, which wait for their turn together.
constexpr int kBatch = 60;
constexpr int kSampled = 20;  // at least, but once in three hundred times
constexpr int kN = 10;
constexpr char kSamples[] = "annod_recall_samples_total";
constexpr char kMatches[] = "annod_recall_matches_total";
constexpr char kExpected[] = "annod_recall_expected_total";
// Of a normal distribution: once in 1,700,000 times by chance.
constexpr double kStandardErrors = 5;

struct DataSet {
  std::string index;
  v1::Metric metric;
  int dim;
};

struct Setting {
  std::string name;
  std::string engine_name;
  v1::Engine engine;
  int search_k = 0;
  int beam = 0;
};

// Samples wanted for each setting.
int WantedSamples() {
  const char* text = std::getenv("ANNOD_RECALL_SAMPLES");
  int samples = 400;
  if (text != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(text, &samples)) << text;
  }
  return samples;
}

// Mean and variance of the recall of single queries.
struct Truth {
  int64_t queries = 0;
  double sum = 0;
  double sum_of_squares = 0;

  double mean() const { return sum / static_cast<double>(queries); }
  double variance() const {
    return sum_of_squares / static_cast<double>(queries) - mean() * mean();
  }
};

class RecallEstimateTest
    : public testing::TestWithParam<std::tuple<DataSet, Setting>> {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1, [](Config* config) {
      config->recall_sample_fraction = 0.5;
      config->recall_cpu_fraction = 1;
    });
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  // Each has an index of its own: its counters hold nothing else then.
  RecallEstimateTest() {
    EXPECT_TRUE(CreateIndex(cluster_, index_, data_.dim, data_.metric).ok());
    EXPECT_TRUE(AddRandomItems(cluster_, index_, data_.dim, 0, kItems).ok());
    EXPECT_TRUE(Build(cluster_, index_).ok());
  }

  double Sum(const std::string& name) const {
    return cluster_->Metric(
        name, {{"index", index_}, {"engine", setting_.engine_name}});
  }

  // Waits until most of what was sampled of a batch is measured, which the
  // server does in idle time: or else most of the next would be given up.
  void Settle(double before) const {
    Eventually([&] { return Sum(kSamples) >= before + kSampled; },
               absl::Seconds(5));
  }

  // Asks a batch both ways and adds the recall of each query.
  void Ask(uint64_t first_seed, Truth* truth) {
    v1::GetNnsRequest request;
    request.set_index(index_);
    request.set_n(kN);
    request.set_include_distances(true);
    for (int i = 0; i < kBatch; ++i) {
      SetVector(RandomVector(data_.dim, first_seed + i),
                request.add_queries()->mutable_vector());
    }
    v1::GetNnsRequest exact_request = request;
    exact_request.set_engine(v1::ENGINE_EXACT);
    request.set_engine(setting_.engine);
    request.set_search_k(setting_.search_k);
    request.set_beam(setting_.beam);
    v1::GetNnsResponse response;
    v1::GetNnsResponse exact;
    ASSERT_TRUE(GetNns(cluster_, request, &response).ok());
    ASSERT_TRUE(GetNns(cluster_, exact_request, &exact).ok());
    for (int i = 0; i < kBatch; ++i) {
      const auto& true_ids = exact.results(i).ids();
      int matches = 0;
      for (const int32_t id : response.results(i).ids()) {
        matches +=
            static_cast<int>(std::count(true_ids.begin(), true_ids.end(), id));
      }
      const double recall = static_cast<double>(matches) / kN;
      ++truth->queries;
      truth->sum += recall;
      truth->sum_of_squares += recall * recall;
    }
  }

  const DataSet data_ = std::get<0>(GetParam());
  const Setting setting_ = std::get<1>(GetParam());
  const std::string index_ = data_.index + "-" + setting_.name;
  static Cluster* cluster_;
};

Cluster* RecallEstimateTest::cluster_ = nullptr;

TEST_P(RecallEstimateTest, LiesInTheConfidenceIntervalOfTheTruth) {
  const int wanted = WantedSamples();
  Truth truth;
  for (uint64_t seed = 1000000; Sum(kSamples) < wanted; seed += kBatch) {
    const double before = Sum(kSamples);
    Ask(seed, &truth);
    ASSERT_FALSE(HasFatalFailure());
    Settle(before);
  }
  const double samples = Sum(kSamples);
  const double live = Sum(kMatches) / Sum(kExpected);
  const double standard_error = std::sqrt(truth.variance() / samples);
  std::cout << data_.index << " " << setting_.name << ": live " << live
            << " of " << samples << " samples, truth " << truth.mean() << " of "
            << truth.queries << " queries, off by "
            << std::abs(live - truth.mean()) / standard_error
            << " standard errors\n";
  EXPECT_NEAR(live, truth.mean(), kStandardErrors * standard_error);
  EXPECT_LT(truth.mean(), 1) << "too easy to tell anything";
}

INSTANTIATE_TEST_SUITE_P(
    DataSets, RecallEstimateTest,
    testing::Combine(
        testing::Values(DataSet{"euclidean", v1::METRIC_EUCLIDEAN, 16},
                        DataSet{"angular", v1::METRIC_ANGULAR, 48}),
        testing::Values(
            Setting{"forest_60", "forest", v1::ENGINE_FOREST, /*search_k=*/60},
            Setting{"forest_400", "forest", v1::ENGINE_FOREST, 400},
            Setting{"graph", "graph", v1::ENGINE_GRAPH, 0, /*beam=*/10})),
    [](const auto& info) {
      return std::get<0>(info.param).index + "_" + std::get<1>(info.param).name;
    });

}  // namespace
}  // namespace annod
