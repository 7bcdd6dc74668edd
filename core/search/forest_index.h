#ifndef ANNOD_CORE_SEARCH_FOREST_INDEX_H_
#define ANNOD_CORE_SEARCH_FOREST_INDEX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/annoy/verify.h"
#include "core/file_system.h"
#include "core/metric.h"
#include "core/search_types.h"

namespace annod {

// Memory a search works in: reused from call to call so that searching does not
// allocate. One for each thread, for any number of indexes; not thread-safe.
class SearchScratch;
struct SearchScratchDeleter {
  void operator()(SearchScratch* scratch) const;
};
using SearchScratchPtr = std::unique_ptr<SearchScratch, SearchScratchDeleter>;
SearchScratchPtr NewSearchScratch();

struct ForestOpenOptions {
  Verify verify = Verify::kSafe;
  Prefault prefault = Prefault::kNone;
  // Items present, where they are known from an earlier Open(): what kTrusted
  // does not count. -1: not known.
  int64_t item_count = -1;
  // If set, kFull appends what is odd about the file without being wrong.
  std::vector<std::string>* notes = nullptr;
};

// An immutable forest of random-projection trees, mapped from a native Annoy
// file (docs/format.md). Thread-safe: constant after Open(). Algorithm:
// Dasgupta & Freund, "Random projection trees and low dimensional manifolds",
// STOC 2008; split choice and best-first search as in spotify/annoy.
class ForestIndex {
 public:
  // Opens `path`, whose dimension and metric the file does not say. The layout
  // is found by trying those the metric may have; a file with a header
  // (file_header.h) has the one with 64-bit ids. Either may hold 2^31 - 1 nodes
  // at most. DataLoss names the first violation in each layout with node number
  // and values; FailedPrecondition if a header says another metric, dimension
  // or an unknown version; InvalidArgument for a bad dimension; NotFound and
  // other errors of `fs`.
  static absl::StatusOr<std::shared_ptr<const ForestIndex>> Open(
      FileSystem* fs, const std::string& path, Metric metric, int dim,
      const ForestOpenOptions& options);

  // The same over bytes in memory, which must outlive the index and start
  // 8-aligned.
  static absl::StatusOr<std::shared_ptr<const ForestIndex>> OpenBytes(
      absl::Span<const char> bytes, Metric metric, int dim,
      const ForestOpenOptions& options);

  virtual ~ForestIndex() = default;

  virtual const NodeLayout& layout() const = 0;
  int dim() const { return layout().dim; }
  Metric metric() const { return layout().metric; }

  // Largest id plus one; ids without an item (holes) included.
  virtual int64_t slot_count() const = 0;
  // Items present. With kTrusted and no options.item_count the first call
  // reads every slot.
  virtual int64_t item_count() const = 0;
  // Trees, copies counted once.
  virtual int tree_count() const = 0;
  // Trees as stock Annoy counts them after loading, its quirks included: the
  // factor in the default search_k.
  virtual int annoy_tree_count() const = 0;
  virtual int64_t node_count() const = 0;
  // The mapped file, its header included.
  virtual absl::Span<const char> bytes() const = 0;

  // True if `id` is in [0, slot_count()) and not a hole.
  virtual bool HasItem(int64_t id) const = 0;

  // Writes the stored vector (0/1 for hamming) to `out` (dim() floats). A hole
  // reads as zeros, as in Annoy. NotFound if `id` is outside [0, slot_count()).
  virtual absl::Status GetVector(int64_t id, absl::Span<float> out) const = 0;

  // Distance between two stored items. NotFound if an id is out of range.
  virtual absl::StatusOr<float> Distance(int64_t i, int64_t j) const = 0;

  // The engine that a search with these options uses: never kAuto. That is
  // kForest, unless a filter accepts so few items that comparing all of them
  // costs less. The same for every query of a call.
  virtual Engine ChooseEngine(const SearchOptions& options) const = 0;

  // Whether kExact is estimated to cost less than kForest with the same n,
  // search_k and filter.
  virtual bool ScanIsCheaper(const SearchOptions& options) const = 0;

  // Replaces `*out` with the `options.n` items nearest to `query` (dim() finite
  // components), nearest first, ties by increasing id; fewer if fewer were
  // found. kForest gives the answers of annoy-compatible search for that
  // search_k; kExact compares every item; kAuto: ChooseEngine(). Only items
  // that `options.filter` accepts are compared. Allocates only in `*out` and
  // when `scratch` meets a larger index than before. `stats` may be null.
  // InvalidArgument (naming values) for a wrong dimension, non-finite
  // component, n < 1, search_k < -1 or a max_distance that is no number;
  // DeadlineExceeded; DataLoss if nodes turn out to have several parents;
  // `*out` is then empty.
  virtual absl::Status Search(absl::Span<const float> query,
                              const SearchOptions& options,
                              SearchScratch* scratch,
                              std::vector<Neighbor>* out,
                              SearchStats* stats) const = 0;

  // As Search() with the stored vector of `id`. NotFound if out of range. A
  // hole searches with the zero vector, as in Annoy.
  virtual absl::Status SearchItem(int64_t id, const SearchOptions& options,
                                  SearchScratch* scratch,
                                  std::vector<Neighbor>* out,
                                  SearchStats* stats) const = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_FOREST_INDEX_H_
