// Distances of vectors that are near the limits of 32-bit floats, or so near to
// each other that sums in them say nothing.

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/annoy/vector_check.h"
#include "core/search/forest_index.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

using Rows = std::vector<std::vector<float>>;
using ::testing::ElementsAre;

double TrueDistance(Metric metric, const std::vector<float>& a,
                    const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0, l2 = 0, l1 = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    l2 += (x - y) * (x - y);
    l1 += std::fabs(x - y);
  }
  switch (metric) {
    case Metric::kAngular:
      return aa * bb == 0
                 ? std::sqrt(2.0)
                 : std::sqrt(std::max(0.0, 2 - 2 * dot / std::sqrt(aa * bb)));
    case Metric::kEuclidean:
      return std::sqrt(l2);
    case Metric::kManhattan:
      return l1;
    default:
      return dot;
  }
}

// How far off a distance may be. The products of a dot product may cancel, so
// that its errors are relative to the lengths.
double Slack(Metric metric, const std::vector<float>& a,
             const std::vector<float>& b, double want) {
  switch (metric) {
    case Metric::kAngular:
      return 1e-3 * std::max(want, 1e-2);
    case Metric::kDot:
      return 1e-6 * std::sqrt(TrueDistance(Metric::kDot, a, a) *
                              TrueDistance(Metric::kDot, b, b));
    default:
      return 1e-5 * std::fabs(want) + 1e-44;
  }
}

class ExtremeValuesTest : public testing::Test {
 protected:
  void Build(Metric metric, const Rows& rows) {
    ForestBuildOptions options;
    options.metric = metric;
    options.dim = static_cast<int>(rows[0].size());
    options.tree_count = 10;
    path_ = FreshPath("extreme.ann");
    const auto built =
        BuildForest(MemoryVectors(rows), options, FileSystem::Posix(), path_);
    ASSERT_TRUE(built.ok()) << built.status();
    ForestOpenOptions open;
    open.verify = Verify::kFull;
    const auto index = ForestIndex::Open(FileSystem::Posix(), path_, metric,
                                         options.dim, open);
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *index;
  }

  std::vector<Neighbor> Search(const std::vector<float>& query, Engine engine,
                               int n, bool annoy_distances = false) {
    SearchOptions options;
    options.n = n;
    options.engine = engine;
    options.search_k = 100000;
    options.annoy_distances = annoy_distances;
    std::vector<Neighbor> found;
    EXPECT_TRUE(
        index_->Search(query, options, scratch_.get(), &found, nullptr).ok());
    return found;
  }

  // Every engine answers with the true distances, in their order.
  void ExpectRight(Metric metric, const Rows& rows) {
    Build(metric, rows);
    const int n = static_cast<int>(rows.size());
    for (const Engine engine : {Engine::kExact, Engine::kForest}) {
      for (size_t q = 0; q < std::min<size_t>(rows.size(), 20); ++q) {
        const std::vector<Neighbor> found = Search(rows[q], engine, n);
        ASSERT_EQ(found.size(), rows.size());
        double last = LargerIsCloser(metric) ? 1e300 : -1;
        for (const Neighbor& one : found) {
          const double want = TrueDistance(metric, rows[q], rows[one.id]);
          const double slack = Slack(metric, rows[q], rows[one.id], want);
          EXPECT_NEAR(one.distance, want, slack)
              << MetricName(metric) << " " << q << " " << one.id;
          EXPECT_TRUE(LargerIsCloser(metric) ? want <= last + slack
                                             : want >= last - slack);
          last = want;
        }
        if (metric != Metric::kDot) {
          EXPECT_EQ(found[0].distance, 0);
        }
      }
    }
  }

  std::string path_;
  std::shared_ptr<const ForestIndex> index_;
  const SearchScratchPtr scratch_ = NewSearchScratch();
};

Rows Scaled(float scale) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  Rows rows(60, std::vector<float>(5));
  for (auto& row : rows) {
    for (float& value : row) value = scale * normal(random);
  }
  return rows;
}

TEST_F(ExtremeValuesTest, DistancesAreRightUpToTheLimits) {
  for (const Metric metric : {Metric::kAngular, Metric::kEuclidean,
                              Metric::kManhattan, Metric::kDot}) {
    for (const float scale : {1e-17f, 1e-10f, 1e10f, 1e18f}) {
      ExpectRight(metric, Scaled(scale));
    }
  }
}

TEST_F(ExtremeValuesTest, AngularComparesVeryDifferentLengths) {
  Rows rows = Scaled(1);
  const float lengths[] = {1e-17f, 1e-9f, 1, 1e9f, 1e18f};
  for (size_t i = 0; i < rows.size(); ++i) {
    for (float& value : rows[i]) value *= lengths[i % 5];
  }
  ExpectRight(Metric::kAngular, rows);
}

// Components that are far below the rest decide between equals.
TEST_F(ExtremeValuesTest, SmallDifferencesKeepTheirOrder) {
  Rows rows;
  for (const float small : {5e-25f, 1e-25f, 0.0f, 2e-40f, 1e-30f, 3e-25f}) {
    rows.push_back({1, small});
  }
  ExpectRight(Metric::kEuclidean, rows);
  ExpectRight(Metric::kManhattan, rows);
  Build(Metric::kEuclidean, rows);
  const std::vector<Neighbor> found = Search({1, 0}, Engine::kExact, 3);
  EXPECT_THAT(found, ElementsAre(Neighbor{2, 0}, Neighbor{3, 2e-40f},
                                 Neighbor{4, 1e-30f}));
}

TEST_F(ExtremeValuesTest, AnAngularItemIsAtDistanceZeroFromItself) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  Rows rows(40, std::vector<float>(333));
  for (auto& row : rows) {
    for (float& value : row) value = normal(random);
  }
  // Each has a near duplicate before it.
  for (size_t i = 0; i + 1 < rows.size(); i += 2) {
    rows[i] = rows[i + 1];
    rows[i][0] += 1e-4f;
  }
  Build(Metric::kAngular, rows);
  bool annoy_is_off = false;
  for (int id = 0; id < 40; ++id) {
    for (const Engine engine :
         {Engine::kExact, Engine::kForest, Engine::kAuto}) {
      const std::vector<Neighbor> found = Search(rows[id], engine, 2);
      EXPECT_EQ(found[0], (Neighbor{id, 0}));
      EXPECT_EQ(found[1].id, id ^ 1);
      EXPECT_NEAR(found[1].distance,
                  TrueDistance(Metric::kAngular, rows[id], rows[id ^ 1]), 1e-9);
    }
    EXPECT_EQ(*index_->Distance(id, id), 0);
    const std::vector<Neighbor> annoy =
        Search(rows[id], Engine::kForest, 2, /*annoy_distances=*/true);
    annoy_is_off |= annoy[0].distance != 0 || annoy[0].id != id;
    EXPECT_LT(annoy[0].distance, 1e-3);
  }
  EXPECT_TRUE(annoy_is_off) << "nothing tells the two apart here";
}

// Near enough for sums in floats to err more than their distances differ.
TEST_F(ExtremeValuesTest, ACrowdOfNearDuplicatesKeepsItsOrder) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  Rows rows(200, std::vector<float>(160));
  for (float& value : rows[0]) value = normal(random);
  for (size_t i = 1; i < rows.size(); ++i) {
    for (size_t k = 0; k < rows[i].size(); ++k) {
      rows[i][k] = rows[0][k] + 0.01f * normal(random);
    }
  }
  Build(Metric::kAngular, rows);
  const auto out_of_order = [&](const std::vector<Neighbor>& found) {
    int count = 0;
    for (size_t k = 1; k < found.size(); ++k) {
      const auto distance = [&](size_t place) {
        return TrueDistance(Metric::kAngular, rows[0], rows[found[place].id]);
      };
      count += distance(k) < distance(k - 1) ? 1 : 0;
    }
    return count;
  };
  for (const Engine engine : {Engine::kExact, Engine::kForest}) {
    const std::vector<Neighbor> found = Search(rows[0], engine, 200);
    EXPECT_LE(out_of_order(found), 1);
    for (size_t k = 1; k < found.size(); ++k) {
      EXPECT_GE(found[k].distance, found[k - 1].distance);
    }
    EXPECT_GT(out_of_order(Search(rows[0], engine, 200, true)), 5)
        << "floats suffice here";
  }
}

TEST_F(ExtremeValuesTest, TheFullCheckRefusesItemsBeyondTheLimits) {
  const std::string path = FreshPath("far.ann");
  ForestBuildOptions options;
  options.metric = Metric::kEuclidean;
  options.dim = 2;
  options.tree_count = 1;
  const auto verify = [&](const Rows& rows) {
    FileSystem::Posix()->RemoveFile(path).IgnoreError();
    EXPECT_TRUE(
        BuildForest(MemoryVectors(rows), options, FileSystem::Posix(), path)
            .ok());
    ForestOpenOptions open;
    open.verify = Verify::kFull;
    std::vector<std::string> notes;
    open.notes = &notes;
    const auto index = ForestIndex::Open(FileSystem::Posix(), path,
                                         Metric::kEuclidean, 2, open);
    return index.ok() ? (notes.empty() ? "" : notes[0])
                      : std::string(index.status().message());
  };
  EXPECT_EQ(verify({{1, 2}, {3, 4}}), "");
  EXPECT_THAT(verify({{1, 2}, {1e20f, 4}}),
              testing::HasSubstr("node 1 is an item: the length of the vector "
                                 "is 1e+20"));
  EXPECT_THAT(verify({{1, 2}, {1, 3}, {1e-20f, 0}}),
              testing::HasSubstr("1 of 3 items, the first is 2, are shorter"));
  EXPECT_THAT(verify({{1e-45f, 0}, {1e-45f, 2e-45f}}),
              testing::HasSubstr("a hamming index, or another file?"));
}

}  // namespace
}  // namespace annod
