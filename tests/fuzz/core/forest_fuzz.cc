// Native Annoy files of every layout: what opens can be searched.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/search/forest_index.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/core/small_forest.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

void Search(const ForestIndex& index, const SearchOptions& options,
            std::vector<float> query) {
  static SearchScratch* const scratch = NewSearchScratch().release();
  std::vector<Neighbor> found;
  SearchStats stats;
  query.resize(static_cast<size_t>(index.dim()), 0.5f);
  const absl::Status searched =
      index.Search(query, options, scratch, &found, &stats);
  Require(searched.ok() || found.empty(), "nothing is found by a failure");
  Require(found.size() <= static_cast<size_t>(options.n), "n at most");
  for (const Neighbor& neighbor : found) {
    Require(index.HasItem(neighbor.id), "what is found is there");
  }
}

void Use(const ForestIndex& index) {
  Require(index.item_count() <= index.slot_count(), "items have slots");
  Require(index.slot_count() <= index.node_count(), "slots are nodes");
  SearchOptions options;
  options.n = 5;
  for (const int64_t search_k : {int64_t{-1}, int64_t{3}, int64_t{1} << 50}) {
    options.search_k = search_k;
    options.engine = Engine::kForest;
    Search(index, options, {0.25f, -0.75f});
    options.engine = Engine::kExact;
    Search(index, options, {0.25f, -0.75f});
  }
  std::vector<float> vector(static_cast<size_t>(index.dim()));
  for (int64_t id = 0; id < index.slot_count() && id < 20; ++id) {
    Require(index.GetVector(id, absl::MakeSpan(vector)).ok(), "vectors");
    Require(index.Distance(0, id).ok(), "distances");
  }
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const Metric metric = input.Pick(kMetrics);
  const int dim = input.Pick(kDims);
  const HeapCopy file(input.Rest());
  for (const Verify verify : {Verify::kSafe, Verify::kFull, Verify::kTrusted}) {
    ForestOpenOptions options;
    options.verify = verify;
    std::vector<std::string> notes;
    options.notes = &notes;
    const auto index =
        ForestIndex::OpenBytes(file.span(), metric, dim, options);
    if (index.ok()) {
      Use(**index);
    } else {
      Require(!index.status().message().empty(), "a reason");
    }
  }
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  MemoryFileSystem fs;
  for (const Metric metric : kMetrics) {
    for (const LayoutKind layout : LayoutsForMetric(metric)) {
      const int dim = metric == Metric::kHamming ? 65 : 3;
      std::string seed = {MetricNumber(metric), DimNumber(dim)};
      seeds.push_back(seed + SmallForest(metric, layout, dim, 9, &fs));
    }
  }
  return seeds;
}

const Registration kForest({"forest", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
