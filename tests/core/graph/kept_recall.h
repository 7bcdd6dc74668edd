#ifndef ANNOD_TESTS_CORE_GRAPH_KEPT_RECALL_H_
#define ANNOD_TESTS_CORE_GRAPH_KEPT_RECALL_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/beam_curve.h"
#include "core/graph/construction/beam_measure.h"
#include "core/id_set.h"
#include "core/item_filter.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/testing/sanitizer.h"

namespace annod {

// An index as a version with a graph has it, that answers as the server does
// when asked for a recall.
class MeasuredIndex {
 public:
  MeasuredIndex(const VectorRows& items, Metric metric)
      : both_(BuildBoth(MemoryVectors(items), metric,
                        static_cast<int>(items[0].size()),
                        GraphBuildOptions())) {
    BeamMeasureOptions options;
    if (kSanitized) options.query_count = 100;
    auto curve = MeasureBeams(*both_.graph, options);
    EXPECT_TRUE(curve.ok()) << curve.status();
    if (curve.ok()) curve_ = *std::move(curve);
  }

  // From now on these items are not answered.
  void LeaveOut(const std::vector<int32_t>& ids) {
    removed_.Reset(both_.index->slot_count());
    for (const int32_t id : ids) removed_.Add(id);
    filter_.hidden = removed_.view();
  }

  // Settings for `recall`: a beam, or a scan if none will do or that is
  // cheaper.
  SearchOptions Tuned(double recall, int n) const {
    SearchOptions options;
    options.n = n;
    options.filter = &filter_;
    options.engine = Engine::kExact;
    const std::optional<int32_t> beam = BeamForRecall(curve_, recall, n);
    if (!beam) return options;
    options.beam = *beam;
    if (!both_.graph->ScanIsCheaper(options)) options.engine = Engine::kGraph;
    return options;
  }

  // The share of true neighbours that such searches find.
  double Recall(const VectorRows& queries, const SearchOptions& options) const {
    if (options.engine == Engine::kExact) return 1;
    const SearchScratchPtr scratch = NewSearchScratch();
    SearchOptions exact;
    exact.n = options.n;
    exact.filter = &filter_;
    exact.engine = Engine::kExact;
    std::vector<Neighbor> truth, found;
    int64_t hits = 0, wanted = 0;
    const bool larger = LargerIsCloser(both_.index->metric());
    for (const std::vector<float>& query : queries) {
      EXPECT_TRUE(
          both_.index->Search(query, exact, scratch.get(), &truth, nullptr)
              .ok());
      EXPECT_TRUE(
          both_.graph->Search(query, options, scratch.get(), &found, nullptr)
              .ok());
      EXPECT_EQ(found.size(), truth.size());
      wanted += static_cast<int64_t>(truth.size());
      const float last = truth.back().distance;
      for (const Neighbor& one : found) {
        hits += larger ? one.distance >= last : one.distance <= last;
      }
    }
    return static_cast<double>(hits) / static_cast<double>(wanted);
  }

  // Asks for 0.90, 0.95 and 0.99 and fails where less is found.
  void ExpectKept(const VectorRows& queries, int n,
                  const std::string& what) const {
    for (const double recall : {0.9, 0.95, 0.99}) {
      const SearchOptions options = Tuned(recall, n);
      const double got = Recall(queries, options);
      // What was measured is recall@10; of one neighbour each it varies more.
      const double chance =
          n == 1 ? 2 * std::sqrt(recall * (1 - recall) /
                                 static_cast<double>(queries.size()))
                 : 0;
      EXPECT_GE(got, recall - 0.01 - chance)
          << what << ", n " << n << ", asked for " << recall << ", beam "
          << options.beam;
    }
  }

  const BeamCurve& curve() const { return curve_; }
  const ForestAndGraph& both() const { return both_; }

 private:
  const ForestAndGraph both_;
  BeamCurve curve_;
  IdSet removed_;
  ItemFilter filter_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_GRAPH_KEPT_RECALL_H_
