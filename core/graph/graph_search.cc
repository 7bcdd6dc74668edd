#include "core/graph/graph_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/forest/candidate_search.h"
#include "core/forest/deadline.h"
#include "core/graph/query_codes.h"
#include "core/graph/rank_exponent.h"
#include "core/status_macros.h"

namespace annod {
namespace {

using Entry = BeamScratch::Entry;

constexpr size_t kEntries = 8;

// Cache lines fetched ahead of the distances of one row's neighbours: as many
// as fit in the nearest cache beside the rest.
constexpr size_t kLinesAhead = 256;
constexpr size_t kLineBytes = 64;

// Rows kept at most where the radius decides, over the width asked for.
constexpr size_t kAdaptiveWidth = 2;

// With codes of projected vectors, rows kept for each that is compared by its
// vector.
constexpr size_t kKeptForOneRanked = 2;

inline void Prefetch(const void* data, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kLineBytes) {
    __builtin_prefetch(static_cast<const char*>(data) + at);
  }
}

// Marks a row; false if it was marked before.
inline bool Visit(int32_t row, BeamScratch* scratch) {
  uint64_t& word = scratch->visited[row / 64];
  const uint64_t bit = uint64_t{1} << (row % 64);
  if ((word & bit) != 0) return false;
  if (word == 0) scratch->marked.push_back(row / 64);
  word |= bit;
  return true;
}

void Forget(BeamScratch* scratch) {
  for (const int32_t word : scratch->marked) scratch->visited[word] = 0;
  scratch->marked.clear();
}

size_t WidthOf(const BeamOptions& options) {
  return static_cast<size_t>(std::max<int64_t>(options.width, options.n));
}

// Candidates compared by their vectors at least: what is clipped makes codes
// worse than their rounding does, and a projection more so the more rows are
// worth keeping.
size_t LeastRanked(const BeamOptions& options, const Graph& graph) {
  const int n = options.n;
  const auto least = static_cast<size_t>(n + std::max(4, 2 * n / 5));
  if (!graph.projection.active()) return least;
  return std::max(least, WidthOf(options) / kKeptForOneRanked);
}

// So many rows that `accepted` are accepted, as far as is known.
size_t Widened(size_t accepted, const BeamOptions& options) {
  return static_cast<size_t>(
      std::ceil(static_cast<double>(accepted) * options.widening));
}

// Where an entry that far goes: behind those as far.
inline size_t PlaceOf(int32_t distance, const Entry* pool, size_t size) {
  size_t low = 0, high = size;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (pool[middle].distance <= distance) {
      low = middle + 1;
    } else {
      high = middle;
    }
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
        rounding_(RoundingOf(graph.book.row_bytes())) {}

  // Of the row that the rest is judged by.
  size_t rank() const { return rank_; }

  // If the row of that rank is so far.
  int32_t For(int32_t distance) const {
    return static_cast<int32_t>(
        std::min<double>(growth_ * (distance + rounding_), INT32_MAX));
  }

 private:
  static constexpr size_t kLeastRank = 8;  // fewer tell little
  const size_t rank_;
  const double growth_;
  const double rounding_;
};

// Merges the newcomers into the first `size` entries of the pool, which has
// room for them; returns where the first one went, `size` if there are none.
// Every entry moves once.
size_t Merge(size_t size, BeamScratch* scratch) {
  std::vector<Entry>& newcomers = scratch->newcomers;
  Entry* const pool = scratch->pool.data();
  std::sort(newcomers.begin(), newcomers.end(),
            [](const Entry& a, const Entry& b) {
              return a.distance != b.distance ? a.distance < b.distance
                                              : a.row_and_flag < b.row_and_flag;
            });
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
    : forest_(*forest), graph_(*graph), space_(forest->layout, /*length=*/0) {}

// Goes down one tree; the first rows of its leaf are fresh.
void GraphSearcher::Enter(const Query& query, BeamScratch* scratch) const {
  std::vector<int32_t>& fresh = scratch->fresh;
  fresh.clear();
  const auto add = [&](int64_t id) {
    if (id < 0 || id >= forest_.slot_count) return;
    const int32_t row = graph_.rows[id];
    if (row >= 0 && Visit(row, scratch)) fresh.push_back(row);
  };
  const int32_t leaf = LeafOf(forest_, query, graph_.entry_root);
  if (leaf < forest_.slot_count) {
    add(leaf);
  } else {
    const NodeView node = forest_.node(leaf);
    const int64_t count =
        std::min<int64_t>(node.descendants(), forest_.layout.bucket_capacity);
    for (int64_t k = 0; k < count && fresh.size() < kEntries; ++k) {
      add(node.list_id(k));
    }
  }
  // Every row can be reached from any other.
  for (int32_t row = 0; fresh.empty() && row < graph_.size(); ++row) {
    if (Visit(row, scratch)) fresh.push_back(row);
  }
}

inline void GraphSearcher::PrefetchNeighbors(uint32_t row) const {
  Prefetch(graph_.NeighborsOf(row).data(),
           static_cast<size_t>(graph_.degree) * sizeof(int32_t));
}

// Returns the distance within which no row was left out.
absl::StatusOr<int32_t> GraphSearcher::Expand(const BeamOptions& options,
                                              BeamScratch* scratch,
                                              SearchStats* stats) const {
  const auto distance_rows = CodeDistanceRows(forest_.layout.metric);
  const uint8_t* const query = AlignedCodes(scratch);
  const size_t row_bytes = graph_.book.row_bytes();
  const Rows code_rows = graph_.code_rows();
  const size_t most_fresh = std::max<size_t>(graph_.degree, kEntries);
  const size_t rows_ahead =
      std::max<size_t>(1, kLinesAhead * kLineBytes / row_bytes);
  const size_t beam = Widened(WidthOf(options), options);
  const bool adaptive = graph_.rank_exponent > 0;
  const Radius radius(Widened(options.n, options), beam, graph_);
  const size_t width = adaptive ? kAdaptiveWidth * beam : beam;
  std::vector<int32_t>& fresh = scratch->fresh;
  scratch->distances.resize(most_fresh);
  if (scratch->pool.size() < width + most_fresh) {
    scratch->pool.resize(width + most_fresh);
  }
  Entry* const pool = scratch->pool.data();
  size_t size = 0;               // of the pool
  size_t cursor = 0;             // all entries before it are expanded
  int32_t farthest = INT32_MAX;  // worth keeping
  DeadlinePoll poll(options.deadline, options.cancelled);
  for (;;) {
    if (poll.Expired(static_cast<int64_t>(fresh.size()) + 1)) {
      return poll.Error();
    }
    distance_rows(query, row_bytes, code_rows, fresh.data(), fresh.size(),
                  scratch->distances.data());
    stats->distances += static_cast<int64_t>(fresh.size());
    scratch->newcomers.clear();
    Entry nearest = {cursor < size ? pool[cursor].distance : INT32_MAX, 0};
    bool nearer = false;
    for (size_t k = 0; k < fresh.size(); ++k) {
      const Entry one = {scratch->distances[k],
                         static_cast<uint32_t>(fresh[k]) * 2};
      if (one.distance >= farthest) continue;
      scratch->newcomers.push_back(one);
      if (one.distance < nearest.distance) {
        nearest = one;
        nearer = true;
      }
    }
    if (nearer) PrefetchNeighbors(nearest.row_and_flag / 2);  // expanded next
    if (!scratch->newcomers.empty()) {
      cursor = std::min(cursor, Merge(size, scratch));
      size = std::min(width, size + scratch->newcomers.size());
      if (size == width) farthest = pool[size - 1].distance;
      if (adaptive && size >= radius.rank()) {
        farthest =
            std::min(farthest, radius.For(pool[radius.rank() - 1].distance));
      }
    }
    while (cursor < size && (pool[cursor].row_and_flag & 1) != 0) ++cursor;
    if (cursor == size || pool[cursor].distance > farthest) break;
    const uint32_t row = pool[cursor].row_and_flag / 2;
    pool[cursor].row_and_flag |= 1;
    if (cursor + 1 < size) {
      PrefetchNeighbors(pool[cursor + 1].row_and_flag / 2);
    }
    ++stats->nodes;
    fresh.clear();
    for (const int32_t near : graph_.NeighborsOf(row)) {
      if (near < 0) break;
      if (!Visit(near, scratch)) continue;
      fresh.push_back(near);
      if (fresh.size() <= rows_ahead) {
        Prefetch(graph_.CodesOf(near), row_bytes);
      }
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
          entry.distance +
          CodeError(forest_.layout.metric, entry.distance,
                    {AlignedCodes(&scratch->beam), graph_.book.row_bytes()});
    }
    if (candidates.size() >= ranked && entry.distance > farthest) continue;
    candidates.Add(id);
    __builtin_prefetch(forest_.node_data(id));
  }
  return enough;
}

absl::StatusOr<bool> GraphSearcher::Gather(const Query& query,
                                           const BeamOptions& options,
                                           SearchScratch* scratch,
                                           SearchStats* stats) const {
  BeamScratch& beam = scratch->beam;
  const size_t words = static_cast<size_t>(graph_.size()) / 64 + 1;
  if (beam.visited.size() < words) beam.visited.resize(words);
  EncodeQuery(query, space_, graph_, &beam);
  if (options.absent >= 0 && graph_.rows[options.absent] >= 0) {
    Visit(graph_.rows[options.absent], &beam);
  }
  Enter(query, &beam);
  const absl::StatusOr<int32_t> reached = Expand(options, &beam, stats);
  Forget(&beam);
  ANNOD_RETURN_IF_ERROR(reached.status());
  return Choose(options, *reached, scratch);
}

}  // namespace annod
