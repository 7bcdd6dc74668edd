#include "core/graph/graph_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/base/attributes.h"
#include "core/graph/codes/query_codes.h"
#include "core/search/candidate_search.h"
#include "core/search/deadline.h"
#include "core/simd/prefetch.h"
#include "core/status_macros.h"

namespace annod {
namespace {

using Entry = BeamScratch::Entry;

// Rows that a search begins with: at least so many, and one for each so many
// that the beam is wide.
constexpr size_t kLeastEntries = 8;
constexpr size_t kWidthForOneEntry = 4;
// Rows of the first leaf at least, which lie side by side: of that one as many
// as the beam is wide, so that what is asked for by its own vector is found
// where no edges lead.
constexpr size_t kLeastLeafRows = 32;

// Rows expanded together: while the codes of one's neighbours are under way,
// so are the other's.
constexpr size_t kAtOnce = 2;

// Rows kept at most where the radius decides, over the width asked for.
constexpr size_t kAdaptiveWidth = 2;

// Candidates whose vectors are asked for before the first is compared: more
// would push each other out of the cache again.
constexpr size_t kRankedAhead = 64;

// Rows kept for each that is compared by its vector: with codes of vectors,
// packed or not, and of projected ones.
constexpr size_t kKeptForOneRanked = 4;
constexpr size_t kPackedForOneRanked = 2;
constexpr size_t kProjectedForOneRanked = 2;

// Appends the rows up to the first that is negative to those met, but for those
// that are there. Without branches that depend on what has been met: they would
// be guessed wrong half of the time.
template <typename RowAt>
inline void MeetAll(size_t rows, const RowAt& row_at, BeamScratch* scratch) {
  size_t count = scratch->met_count;
  if (scratch->met.size() < count + rows) {
    scratch->met.resize(2 * (count + rows));
  }
  int32_t* const met = scratch->met.data();
  uint64_t* const visited = scratch->visited.data();
  for (size_t k = 0; k < rows; ++k) {
    const int32_t row = row_at(k);
    if (row < 0) break;
    const auto place = static_cast<uint32_t>(row);
    const uint64_t word = visited[place / 64];
    const uint64_t bit = uint64_t{1} << (place % 64);
    met[count] = row;
    count += (word & bit) == 0 ? 1 : 0;
    visited[place / 64] = word | bit;
  }
  scratch->met_count = count;
}

template <int kBytes>
inline void MeetPlaces(const NeighborPlaces& places, BeamScratch* scratch) {
  const uint8_t* const first = places.data();
  MeetAll(
      places.size(),
      [first](size_t k) { return RowInPlace<kBytes>(first + k * kBytes); },
      scratch);
}

inline void Meet(const NeighborPlaces& places, BeamScratch* scratch) {
  if (places.place_bytes() == 3) {
    MeetPlaces<3>(places, scratch);
  } else {
    MeetPlaces<4>(places, scratch);
  }
}

void MeetOne(int32_t row, BeamScratch* scratch) {
  MeetAll(
      1, [row](size_t) { return row; }, scratch);
}

void Forget(BeamScratch* scratch) {
  for (size_t k = 0; k < scratch->met_count; ++k) {
    scratch->visited[scratch->met[k] / 64] = 0;
  }
  scratch->met_count = 0;
}

size_t WidthOf(const BeamOptions& options) {
  return static_cast<size_t>(std::max<int64_t>(options.width, options.n));
}

// The trees lead close to a query where edges may not: from one crowd of
// near-duplicates to another there are hardly any.
size_t EntriesOf(const BeamOptions& options) {
  return std::max(kLeastEntries, WidthOf(options) / kWidthForOneEntry);
}

size_t FirstLeafRows(const BeamOptions& options) {
  return std::max(kLeastLeafRows, WidthOf(options));
}

// Candidates compared by their vectors at least: what is clipped makes codes
// worse than their rounding does, and a projection more so the more rows are
// worth keeping. The wider the beam, the more: whoever asks for one wants what
// codes lose.
size_t LeastRanked(const BeamOptions& options, const Graph& graph) {
  const int n = options.n;
  const auto least = static_cast<size_t>(n + std::max(4, 2 * n / 5));
  if (graph.book.packed()) {
    return std::max<size_t>(2 * static_cast<size_t>(n),
                            WidthOf(options) / kPackedForOneRanked);
  }
  const size_t kept =
      graph.projection.active() ? kProjectedForOneRanked : kKeptForOneRanked;
  return std::max(least, WidthOf(options) / kept);
}

// So many rows that `accepted` are accepted, as far as is known.
size_t Widened(size_t accepted, const BeamOptions& options) {
  return static_cast<size_t>(
      std::ceil(static_cast<double>(accepted) * options.widening));
}

// Where an entry that far goes: behind those as far.
inline size_t PlaceOf(int32_t distance, const Entry* pool, size_t size) {
  size_t low = 0;
  for (size_t left = size; left > 0;) {
    const size_t half = (left + 1) / 2;
    low += pool[low + half - 1].distance <= distance ? half : 0;
    left -= half;
  }
  return low;
}

// Up to which distance rows are worth keeping: where the `width`-th nearest is
// to be expected, judged by the nearest ones known. In sparse regions fewer
// rows lie within it than `width`, in dense ones more, so that the work goes
// where the neighbours are hard to tell. Source of the idea: Al-Jazzazi et al.,
// "Distance adaptive beam search for provably accurate graph-based nearest
// neighbor search", 2025; that the bound is set by a width is ours.
class Radius {
 public:
  Radius(size_t n, size_t width, const Graph& graph)
      : rank_(std::clamp(n, kLeastRank, std::max(width, kLeastRank))),
        growth_(std::pow(static_cast<double>(std::max(width, rank_)) /
                             static_cast<double>(rank_),
                         double{graph.rank_exponent})),
        rounding_(RoundingOf(graph.book.query_codes())),
        off_(graph.book.packed()
                 ? PackedVariance(graph.book.bits) *
                       static_cast<double>(graph.book.centre.size())
                 : 0) {}

  // Of the row that the rest is judged by.
  size_t rank() const { return rank_; }

  // If the row of that rank is so far.
  int32_t For(int32_t distance) const {
    const double grows = std::max(0.0, distance - off_);
    return static_cast<int32_t>(
        std::min<double>(off_ + growth_ * (grows + rounding_), INT32_MAX));
  }

 private:
  static constexpr size_t kLeastRank = 8;  // fewer tell little
  const size_t rank_;
  const double growth_;
  const double rounding_;
  const double off_;  // what packed codes add to all distances
};

// Those of the rows, whose distances are known, that are nearer than
// `farthest`, nearest first.
absl::Span<Entry> Newcomers(absl::Span<const int32_t> rows, int32_t farthest,
                            BeamScratch* scratch) {
  Entry* const newcomers = scratch->newcomers.data();
  size_t count = 0;
  for (size_t k = 0; k < rows.size(); ++k) {  // no branch to be guessed
    const int32_t distance = scratch->distances[k];
    newcomers[count] = {distance, static_cast<uint32_t>(rows[k]) * 2};
    count += distance < farthest ? 1 : 0;
  }
  std::sort(newcomers, newcomers + count, [](const Entry& a, const Entry& b) {
    return a.distance != b.distance ? a.distance < b.distance
                                    : a.row_and_flag < b.row_and_flag;
  });
  return {newcomers, count};
}

// Merges the newcomers, nearest first, into the first `size` entries of the
// pool, which has room for them; returns where the first one went, `size` if
// there are none. Every entry moves once.
size_t Merge(absl::Span<const Entry> newcomers, size_t size, Entry* pool) {
  size_t end = size;
  for (size_t k = newcomers.size(); k-- > 0;) {
    const size_t place = PlaceOf(newcomers[k].distance, pool, end);
    std::memmove(pool + place + k + 1, pool + place,
                 (end - place) * sizeof(Entry));
    pool[place + k] = newcomers[k];
    end = place;
  }
  return end;
}

}  // namespace

GraphSearcher::GraphSearcher(const ForestData* forest, const Graph* graph)
    : forest_(*forest), graph_(*graph), space_(forest->layout, graph->turn) {}

// Goes down the trees, one after the other, and meets the first rows of their
// leaves until there are enough.
void GraphSearcher::Enter(const Query& query, const BeamOptions& options,
                          BeamScratch* scratch) const {
  const size_t before = scratch->met_count;
  const size_t entries = EntriesOf(options);
  size_t end = before + FirstLeafRows(options);
  const auto add = [&](int64_t id) {
    if (id < 0 || id >= forest_.slot_count) return;
    MeetOne(graph_.rows[id], scratch);
  };
  const auto enter = [&](int32_t root) {
    const int32_t leaf = LeafOf(forest_, query, root, graph_.lift);
    if (leaf < forest_.slot_count) {
      add(leaf);
      return;
    }
    const NodeView node = forest_.node(leaf);
    const int64_t count =
        std::min<int64_t>(node.descendants(), forest_.layout.bucket_capacity);
    for (int64_t k = 0; k < count && scratch->met_count < end; ++k) {
      add(node.list_id(k));
    }
  };
  enter(graph_.entry_root);
  end = before + entries;
  for (const int32_t root : forest_.tree_roots) {
    if (entries == kLeastEntries || scratch->met_count >= end) break;
    if (root != graph_.entry_root) enter(root);
  }
  // Every row can be reached from any other.
  for (int32_t row = 0; scratch->met_count == before && row < graph_.size();
       ++row) {
    MeetOne(row, scratch);
  }
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline void GraphSearcher::PrefetchNeighbors(
    const Entry& entry) const {
  const NeighborPlaces places = graph_.NeighborsOf(entry.row_and_flag / 2);
  PrefetchLines(places.data(), places.bytes());
}

// Expands the rows met from `first` on, and so on; returns the distance within
// which no row was left out.
absl::StatusOr<int32_t> GraphSearcher::Expand(const BeamOptions& options,
                                              size_t first,
                                              BeamScratch* scratch,
                                              SearchStats* stats) const {
  const auto distance_rows =
      CodeDistanceRows(forest_.layout.metric, graph_.book);
  const uint8_t* const query = AlignedCodes(scratch);
  const size_t row_bytes = graph_.book.row_bytes();
  const Rows code_rows = graph_.code_rows();
  const size_t most_fresh =
      std::max<size_t>(kAtOnce * graph_.degree, scratch->met_count - first);
  const size_t beam = Widened(WidthOf(options), options);
  const bool adaptive = graph_.rank_exponent > 0;
  const Radius radius(Widened(options.n, options), beam, graph_);
  const size_t width = adaptive ? kAdaptiveWidth * beam : beam;
  scratch->distances.resize(most_fresh);
  scratch->newcomers.resize(most_fresh);
  if (scratch->pool.size() < width + most_fresh) {
    scratch->pool.resize(width + most_fresh);
  }
  Entry* const pool = scratch->pool.data();
  size_t size = 0;               // of the pool
  size_t cursor = 0;             // all entries before it are expanded
  int32_t farthest = INT32_MAX;  // worth keeping
  DeadlinePoll poll(options.deadline, options.cancelled);
  for (;;) {
    const absl::Span<const int32_t> fresh(scratch->met.data() + first,
                                          scratch->met_count - first);
    if (poll.Expired(static_cast<int64_t>(fresh.size()) + 1)) {
      return poll.Error();
    }
    distance_rows(query, row_bytes, code_rows, fresh.data(), fresh.size(),
                  scratch->distances.data());
    stats->distances += static_cast<int64_t>(fresh.size());
    const absl::Span<Entry> newcomers = Newcomers(fresh, farthest, scratch);
    if (!newcomers.empty()) {
      for (size_t k = 0; k < std::min(kAtOnce, newcomers.size()); ++k) {
        PrefetchNeighbors(newcomers[k]);
      }
      cursor = std::min(cursor, Merge(newcomers, size, pool));
      size = std::min(width, size + newcomers.size());
      if (size == width) farthest = pool[size - 1].distance;
      if (adaptive && size >= radius.rank()) {
        farthest =
            std::min(farthest, radius.For(pool[radius.rank() - 1].distance));
      }
    }
    first = scratch->met_count;
    size_t expanded = 0;
    for (; cursor < size && expanded < kAtOnce; ++cursor) {
      Entry& entry = pool[cursor];
      if ((entry.row_and_flag & 1) != 0) continue;
      if (entry.distance > farthest) break;
      const uint32_t row = entry.row_and_flag / 2;
      entry.row_and_flag |= 1;
      ++expanded;
      PrefetchLines(&graph_.items[row], sizeof(int32_t));  // for Choose()
      Meet(graph_.NeighborsOf(row), scratch);
    }
    if (expanded == 0) break;
    stats->nodes += static_cast<int64_t>(expanded);
    for (size_t k = first; k < scratch->met_count; ++k) {
      PrefetchLines(
          code_rows.first + static_cast<size_t>(scratch->met[k]) * row_bytes,
          row_bytes);
    }
    for (size_t next = cursor; next < std::min(size, cursor + kAtOnce);
         ++next) {
      PrefetchNeighbors(pool[next]);
    }
  }
  scratch->pool.resize(size);
  return farthest;
}

// Returns whether the accepted rows are as many as are wanted, or all that lie
// as near as those would.
bool GraphSearcher::Choose(const BeamOptions& options, int32_t reached,
                           SearchScratch* scratch) const {
  IdSet& candidates = scratch->candidates;
  candidates.Reset(forest_.slot_count);
  const size_t ranked = LeastRanked(options, graph_);
  const size_t wanted = WidthOf(options);
  const Radius radius(options.n, wanted, graph_);
  const bool adaptive = graph_.rank_exponent > 0;
  bool enough = options.filter == nullptr;
  size_t accepted = 0;
  double farthest = INT32_MAX;  // of those that may be nearer than the n-th
  for (const Entry& entry : scratch->beam.pool) {
    const int32_t id = graph_.items[entry.row_and_flag / 2];
    if (options.filter != nullptr && !options.filter->Accepts(id)) continue;
    ++accepted;
    enough = enough || accepted == wanted ||
             (adaptive && accepted == radius.rank() &&
              radius.For(entry.distance) <= reached);
    if (accepted == static_cast<size_t>(options.n)) {
      farthest =
          entry.distance + CodeError(forest_.layout.metric, entry.distance,
                                     graph_.book, AlignedCodes(&scratch->beam));
    }
    if (candidates.size() >= ranked && entry.distance > farthest) continue;
    candidates.Add(id);
    if (candidates.size() <= kRankedAhead) {
      PrefetchLines(forest_.node_data(id), forest_.layout.node_bytes);
    }
  }
  const auto add = [&](int32_t id) {
    if (id == options.absent) return;
    if (options.filter == nullptr || options.filter->Accepts(id)) {
      candidates.Add(id);
    }
  };
  for (const int32_t id : graph_.apart) add(id);
  if (options.self >= 0) add(options.self);
  return enough;
}

absl::StatusOr<bool> GraphSearcher::Gather(const Query& query,
                                           const BeamOptions& options,
                                           SearchScratch* scratch,
                                           SearchStats* stats) const {
  BeamScratch& beam = scratch->beam;
  const size_t words = static_cast<size_t>(graph_.size()) / 64 + 1;
  if (beam.visited.size() < words) beam.visited.resize(words);
  EncodeQuery(query, space_, graph_.projection, graph_.book, &beam);
  if (options.absent >= 0) MeetOne(graph_.rows[options.absent], &beam);
  const size_t first = beam.met_count;
  if (options.self >= 0) MeetOne(graph_.rows[options.self], &beam);
  Enter(query, options, &beam);
  const absl::StatusOr<int32_t> reached = Expand(options, first, &beam, stats);
  Forget(&beam);
  ANNOD_RETURN_IF_ERROR(reached.status());
  return Choose(options, *reached, scratch);
}

}  // namespace annod
