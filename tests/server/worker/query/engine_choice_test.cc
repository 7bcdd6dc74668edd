#include "server/worker/query/engine_choice.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(ForestForRecallTest, TrustsItsCurveWhereBeamsInProportionDo) {
  OpenVersion version;
  version.manifest.recall_curve = {{{10, 0.5}, {1000, 1}}, 1000};
  BeamCurve& beams = version.manifest.beam_curve;
  const auto search_k = [&version](int n) {
    const auto setting = ForestForRecall(version, 0.9, n);
    return setting ? setting->search_k : 0;
  };
  EXPECT_GT(search_k(10), 0);
  EXPECT_GT(search_k(100), search_k(10));
  const int64_t hundred = search_k(100);
  beams.factors = {{20, 1}, {100, 0.5}};
  EXPECT_EQ(search_k(100), hundred);
  beams.most_n = 20;
  beams.factors = {{20, 1}, {100, 1.5}};
  EXPECT_GT(search_k(20), 0);
  EXPECT_EQ(search_k(100), 0);
  EXPECT_EQ(search_k(101), 0);
}

}  // namespace
}  // namespace annod
