#ifndef ANNOD_CORE_GRAPH_GRAPH_INDEX_H_
#define ANNOD_CORE_GRAPH_GRAPH_INDEX_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/file_system.h"
#include "core/graph/coded_forest.h"
#include "core/graph/graph_file.h"
#include "core/graph/graph_search.h"
#include "core/search/forest_index.h"
#include "core/search_types.h"

namespace annod {

// A forest with the graph made of it, ready to be searched. Immutable;
// thread-safe.
class GraphIndex {
 public:
  // As GraphFile::Open(), with the forest the graph at `path` belongs to.
  static absl::StatusOr<std::shared_ptr<const GraphIndex>> Open(
      FileSystem* fs, const std::string& path,
      std::shared_ptr<const ForestIndex> forest, bool verify,
      Prefault prefault);

  // The same of a graph just built, in memory. DataLoss if the forest has no
  // roots.
  static absl::StatusOr<std::shared_ptr<const GraphIndex>> Of(
      std::shared_ptr<const ForestIndex> forest, BuiltGraph built);

  // As ForestIndex::Search() with the engine kGraph, whatever `options.engine`
  // says: `options.beam` takes the place of search_k. A filter costs time, not
  // recall: the beam widens until it holds as many accepted items as it would
  // without one, and if comparing all accepted items costs less, they are.
  absl::Status Search(absl::Span<const float> query,
                      const SearchOptions& options, SearchScratch* scratch,
                      std::vector<Neighbor>* out, SearchStats* stats) const;

  // As ForestIndex::Search() with the engine kForest, whatever `options.engine`
  // says, but several times as fast and with other answers than Annoy's: nodes
  // are visited in another order (core/search/wave_search.h), and candidates
  // ranked by their codes before the best of them are by their vectors. Recall
  // for the same search_k is about the same.
  absl::Status SearchForest(absl::Span<const float> vector,
                            const SearchOptions& options,
                            SearchScratch* scratch, std::vector<Neighbor>* out,
                            SearchStats* stats) const;

  const ForestData& forest() const { return data_; }
  const CodedForest& coded_forest() const { return coded_forest_; }
  const GraphSearcher& searcher() const { return searcher_; }
  // Of the file; 0 in memory.
  size_t bytes() const { return file_ == nullptr ? 0 : file_->bytes(); }
  const Graph& graph() const { return graph_; }
  // As the file holds it; empty in memory.
  const BeamCurve& curve() const { return curve_; }

  // Whether comparing `items` of them is estimated to cost less than a search
  // with that beam.
  bool ScanIsCheaper(int64_t beam, int64_t items) const;
  // Whether Search() would begin by comparing all that are accepted.
  bool ScanIsCheaper(const SearchOptions& options) const;

 private:
  bool HasRow(int32_t item) const;
  double FirstWidening(const SearchOptions& options) const;

  GraphIndex(std::shared_ptr<const ForestIndex> forest, ForestData data,
             std::shared_ptr<const GraphFile> file)
      : forest_(std::move(forest)),
        data_(std::move(data)),
        file_(std::move(file)),
        graph_(file_->graph()),
        curve_(file_->curve()),
        searcher_(&data_, &graph_),
        coded_forest_(&data_, &graph_) {}
  GraphIndex(std::shared_ptr<const ForestIndex> forest, ForestData data,
             BuiltGraph built)
      : forest_(std::move(forest)),
        data_(std::move(data)),
        built_(std::move(built)),
        graph_(built_.graph),
        searcher_(&data_, &graph_),
        coded_forest_(&data_, &graph_) {}

  const std::shared_ptr<const ForestIndex> forest_;
  const ForestData data_;
  // Either holds the graph.
  const std::shared_ptr<const GraphFile> file_;
  const BuiltGraph built_;
  const Graph graph_;
  const BeamCurve curve_;
  const GraphSearcher searcher_;
  const CodedForest coded_forest_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_INDEX_H_
