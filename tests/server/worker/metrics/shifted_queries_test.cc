// Queries from where no item lies, which no curve measured with items knows: a
// server that was asked for a recall learns from live samples to give it.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr char kCrowdsIndex[] = "crowds";
constexpr int kComponents = 24;
constexpr int kCrowds = 100;
constexpr int kItemsOfEach = 60;
constexpr int kQueriesAtOnce = 60;
constexpr int kNeighbours = 10;
constexpr double kAskedRecall = 0.9;
constexpr uint64_t kCentreSeed = 1000000;

std::vector<float> Centre(int crowd) {
  return RandomVector(kComponents, kCentreSeed + crowd);
}

// Tight crowds, far apart.
grpc::Status AddCrowds(Cluster* cluster) {
  v1::AddItemRequest request;
  request.set_index(kCrowdsIndex);
  for (int id = 0; id < kCrowds * kItemsOfEach; ++id) {
    std::vector<float> values = Centre(id % kCrowds);
    const std::vector<float> noise = RandomVector(kComponents, id);
    for (int i = 0; i < kComponents; ++i) values[i] += 0.05f * noise[i];
    v1::Item* item = request.add_items();
    item->set_id(id);
    item->set_vector_bytes(BytesOf(values));
  }
  v1::AddItemResponse response;
  return cluster->admin()->AddItem(Context().get(), request, &response);
}

// Each in the middle of two crowds.
v1::GetNnsRequest Between(int first) {
  v1::GetNnsRequest request;
  request.set_index(kCrowdsIndex);
  request.set_n(kNeighbours);
  request.set_engine(v1::ENGINE_GRAPH);
  request.set_min_recall(kAskedRecall);
  for (int query = first; query < first + kQueriesAtOnce; ++query) {
    std::vector<float> values = Centre(query % kCrowds);
    const std::vector<float> other =
        Centre((query + 1 + query / kCrowds) % kCrowds);
    for (int i = 0; i < kComponents; ++i)
      values[i] = (values[i] + other[i]) / 2;
    SetVector(values, request.add_queries()->mutable_vector());
  }
  return request;
}

double Recall(Cluster* cluster, const v1::GetNnsResponse& found,
              v1::GetNnsRequest request) {
  request.set_engine(v1::ENGINE_EXACT);
  request.clear_min_recall();
  v1::GetNnsResponse exact;
  EXPECT_TRUE(GetNns(cluster, request, &exact).ok());
  double matches = 0;
  for (int i = 0; i < kQueriesAtOnce; ++i) {
    const auto& ids = exact.results(i).ids();
    for (const int32_t id : found.results(i).ids()) {
      matches += static_cast<double>(std::count(ids.begin(), ids.end(), id));
    }
  }
  return matches / (kQueriesAtOnce * kNeighbours);
}

TEST(ShiftedQueriesTest, BeamsWidenUntilTheRecallAskedForIsGiven) {
  Cluster cluster(/*workers=*/1, [](Config* config) {
    config->recall_sample_fraction = 1;
    config->recall_cpu_fraction = 1;
  });
  cluster.StartAll();
  ASSERT_TRUE(
      CreateIndex(&cluster, kCrowdsIndex, kComponents, v1::METRIC_EUCLIDEAN)
          .ok());
  ASSERT_TRUE(AddCrowds(&cluster).ok());
  ASSERT_TRUE(Build(&cluster, kCrowdsIndex).ok());

  const auto samples = [&] {
    return cluster.Metric("annod_recall_samples_total",
                          {{"index", kCrowdsIndex}, {"engine", "graph"}});
  };
  double first_recall = 0;
  double recall = 0;
  int first_beam = 0;
  int beam = 0;
  constexpr int kMostBatches = 60;
  for (int batch = 0; batch < kMostBatches; ++batch) {
    const v1::GetNnsRequest request = Between(batch * kQueriesAtOnce);
    const double before = samples();
    v1::GetNnsResponse response;
    ASSERT_TRUE(GetNns(&cluster, request, &response).ok());
    recall = Recall(&cluster, response, request);
    beam = response.beam();
    std::cout << "beam " << beam << ": " << recall << "\n";
    if (batch == 0) {
      first_recall = recall;
      first_beam = beam;
      ASSERT_LT(first_recall, kAskedRecall)
          << "too easy to learn anything from";
    } else if (beam > first_beam && recall >= kAskedRecall) {
      break;
    }
    Eventually([&] { return samples() > before; }, absl::Seconds(5));
  }
  EXPECT_GT(beam, first_beam);
  EXPECT_GT(recall, first_recall);
}

}  // namespace
}  // namespace annod
