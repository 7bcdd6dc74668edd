#include "core/graph/graph_index.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Distances between codes that a row kept in the beam costs, over the degree:
// most neighbours have been met before. One of vectors, which lie side by side,
// costs as much, if there is a code for each component; to put rows in their
// places in the beam costs by its width for each of them.
constexpr double kMetShare = 0.35;
constexpr double kVectorCost = 1;
constexpr double kMoveCost = 1.0 / 300;

// A filter's share of the rows near a query may differ from that of all rows.
constexpr double kSpareRows = 1.05;
constexpr double kFewRows = 16;

bool IsFiltered(const SearchOptions& options) {
  return options.filter != nullptr && options.filter->active();
}

// Items that may be answered, if none of the filter's ids names a hole.
int64_t AcceptedCount(const SearchOptions& options, int64_t items) {
  if (!IsFiltered(options)) return items;
  const ItemFilter& filter = *options.filter;
  if (filter.only_allowed) return std::min(filter.allowed.size(), items);
  return std::max<int64_t>(
      items - filter.excluded.size() - filter.hidden.size(), 0);
}

// Accepted rows to keep.
int64_t WantedRows(const SearchOptions& options) {
  return options.beam > 0
             ? std::max<int64_t>(options.beam, options.n)
             : std::max<int64_t>(kDefaultBeam, 2 * int64_t{options.n});
}

}  // namespace

absl::StatusOr<std::shared_ptr<const GraphIndex>> GraphIndex::Open(
    FileSystem* fs, const std::string& path,
    std::shared_ptr<const ForestIndex> forest, bool verify, Prefault prefault) {
  ANNOD_ASSIGN_OR_RETURN(ForestData data,
                         FindRoots(forest->bytes(), forest->layout()));
  ANNOD_ASSIGN_OR_RETURN(std::shared_ptr<const GraphFile> file,
                         GraphFile::Open(fs, path, data, verify, prefault));
  return std::shared_ptr<const GraphIndex>(
      new GraphIndex(std::move(forest), std::move(data), std::move(file)));
}

absl::StatusOr<std::shared_ptr<const GraphIndex>> GraphIndex::Of(
    std::shared_ptr<const ForestIndex> forest, BuiltGraph built) {
  ANNOD_ASSIGN_OR_RETURN(ForestData data,
                         FindRoots(forest->bytes(), forest->layout()));
  return std::shared_ptr<const GraphIndex>(
      new GraphIndex(std::move(forest), std::move(data), std::move(built)));
}

// Rows kept for each that is wanted, so that enough are accepted if those are
// spread evenly.
double GraphIndex::FirstWidening(const SearchOptions& options) const {
  if (!IsFiltered(options)) return 1;
  const auto items = static_cast<double>(graph().size());
  const auto accepted =
      static_cast<double>(AcceptedCount(options, graph().size()));
  const auto wanted = static_cast<double>(WantedRows(options));
  // Those that lie nearer than what is wanted, as the item that asks does, and
  // some more, for chance: missing one row costs another search.
  const double near = std::min(kFewRows, 1 + items - accepted);
  const double rows =
      accepted == 0 ? items : kSpareRows * wanted * items / accepted + near;
  return std::max(1.0, std::min(rows, items) / wanted);
}

bool GraphIndex::HasRow(int32_t item) const {
  return item >= 0 && item < data_.slot_count && graph().rows[item] >= 0;
}

bool GraphIndex::ScanIsCheaper(const SearchOptions& options) const {
  const double rows =
      static_cast<double>(WantedRows(options)) * FirstWidening(options);
  return ScanIsCheaper(static_cast<int64_t>(rows),
                       AcceptedCount(options, graph().size()));
}

bool GraphIndex::ScanIsCheaper(int64_t beam, int64_t items) const {
  const double components_for_a_code =
      static_cast<double>(PaddedCodeBytes(GraphSpace::DimOf(data_.layout))) /
      static_cast<double>(graph().book.row_bytes());
  const auto width = static_cast<double>(beam);
  return width * (graph().degree * kMetShare + kMoveCost * width) >=
         kVectorCost * components_for_a_code * static_cast<double>(items);
}

absl::Status GraphIndex::Search(absl::Span<const float> vector,
                                const SearchOptions& options,
                                SearchScratch* scratch,
                                std::vector<Neighbor>* out,
                                SearchStats* stats) const {
  out->clear();
  ANNOD_RETURN_IF_ERROR(CheckSearchOptions(options));
  ANNOD_RETURN_IF_ERROR(CheckQueryVector(vector, data_.layout.dim));
  const Query query = MakeQuery(vector, data_.layout, &scratch->words);
  SearchStats unused;
  if (stats == nullptr) stats = &unused;

  BeamOptions beam;
  beam.n = options.n;
  beam.width = WantedRows(options);
  beam.widening = FirstWidening(options);
  beam.deadline = options.deadline;
  beam.cancelled = options.cancelled;
  if (IsFiltered(options)) beam.filter = options.filter;
  if (HasRow(options.item)) beam.self = options.item;
  for (bool enough = false; !enough; beam.widening *= 2) {
    const auto rows =
        static_cast<int64_t>(static_cast<double>(beam.width) * beam.widening);
    if (ScanIsCheaper(rows, AcceptedCount(options, graph().size()))) {
      return RankAllItems(data_, query, options, scratch, out, stats);
    }
    ANNOD_ASSIGN_OR_RETURN(enough,
                           searcher_.Gather(query, beam, scratch, stats));
  }
  return RankCandidates(data_, query, options, scratch, out, stats);
}

absl::Status GraphIndex::SearchForest(absl::Span<const float> vector,
                                      const SearchOptions& options,
                                      SearchScratch* scratch,
                                      std::vector<Neighbor>* out,
                                      SearchStats* stats) const {
  out->clear();
  ANNOD_RETURN_IF_ERROR(CheckSearchOptions(options));
  ANNOD_RETURN_IF_ERROR(CheckQueryVector(vector, data_.layout.dim));
  const Query query = MakeQuery(vector, data_.layout, &scratch->words);
  const int64_t search_k =
      options.search_k >= 0 ? options.search_k
                            : int64_t{options.n} * forest_->annoy_tree_count();
  ANNOD_RETURN_IF_ERROR(
      coded_forest_.Gather(query, search_k, options, scratch, stats));
  return RankCandidates(data_, query, options, scratch, out, stats);
}

}  // namespace annod
