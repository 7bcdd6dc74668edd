#ifndef ANNOD_CLIENT_CTL_FILE_FILE_INDEX_H_
#define ANNOD_CLIENT_CTL_FILE_FILE_INDEX_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/graph/graph_index.h"
#include "core/metric.h"
#include "core/search/forest_index.h"

namespace annod::ctl {

// What names an Annoy file on the command line.
struct FileArguments {
  std::string path;
  Metric metric = Metric::kAngular;
  int dim = 0;

  absl::StatusOr<std::shared_ptr<const ForestIndex>> Open(
      Verify verify = Verify::kSafe,
      std::vector<std::string>* notes = nullptr) const;
};

// FILE, "--metric" and "--dim".
void AddFileArguments(CLI::App* command, FileArguments* arguments);

// Where the graph of an Annoy file lies (docs/format.md): beside it, with
// ".graph" at the end; in the directory of a version under that one's name.
std::string GraphPathOf(const std::string& forest_path);

// Opens and checks the graph of the file at `path`; null if there is none.
absl::StatusOr<std::shared_ptr<const GraphIndex>> OpenGraphOf(
    const std::string& path, const std::shared_ptr<const ForestIndex>& forest);

// The same, FailedPrecondition if there is none.
absl::StatusOr<std::shared_ptr<const GraphIndex>> NeedGraphOf(
    const std::string& path, const std::shared_ptr<const ForestIndex>& forest);

// Searches so that `recall` of the true neighbours are found: with the graph,
// unless there is none, its curve does not get there or comparing all items
// costs less. Sets engine and beam; n and filter are set. Returns whether the
// graph would do.
bool TuneForRecall(const GraphIndex* graph, double recall,
                   SearchOptions* options);

// An index file with its graph, if it has one.
struct FileIndex {
  std::shared_ptr<const ForestIndex> forest;
  std::shared_ptr<const GraphIndex> graph;

  absl::Status Search(absl::Span<const float> vector,
                      const SearchOptions& options, SearchScratch* scratch,
                      std::vector<Neighbor>* out, SearchStats* stats) const {
    return options.engine == Engine::kGraph
               ? graph->Search(vector, options, scratch, out, stats)
               : forest->Search(vector, options, scratch, out, stats);
  }
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_FILE_FILE_INDEX_H_
