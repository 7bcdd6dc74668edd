#include "core/search/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#include "core/annoy/distance_key.h"
#include "core/search/careful_key.h"
#include "core/search/deadline.h"
#include "core/search/ordered_key.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

// Ids that are looked at between two looks at the deadline, when none of them
// is an answer.
constexpr int64_t kMaxPassedOver = 4096;

// The squared norm of a slot; files of old versions do not store it.
float SlotNorm(NodeView node, const DistanceKernels& kernels, int dim) {
  const float stored = node.angular_norm();
  return stored != 0 ? stored : kernels.dot(node.floats(), node.floats(), dim);
}

// Writes the sort keys of the slots `ids` to `keys`: smaller is nearer.
void ComputeKeys(const ForestData& forest, const Query& query,
                 const int32_t* ids, size_t count, float* keys) {
  const DistanceKernels& kernels = Kernels();
  const NodeLayout& layout = forest.layout;
  const size_t dim = layout.dim;
  const Rows rows{forest.bytes.data() + layout.vector_offset,
                  layout.node_bytes};
  switch (layout.metric) {
    case Metric::kAngular:
      kernels.dot_rows(query.floats, dim, rows, ids, count, keys);
      for (size_t k = 0; k < count; ++k) {
        keys[k] =
            AngularKey(keys[k], query.squared_norm,
                       SlotNorm(forest.node(ids[k]), kernels, layout.dim));
      }
      return;
    case Metric::kEuclidean:
      kernels.squared_l2_rows(query.floats, dim, rows, ids, count, keys);
      return;
    case Metric::kManhattan:
      kernels.l1_rows(query.floats, dim, rows, ids, count, keys);
      return;
    case Metric::kDot:
      kernels.dot_rows(query.floats, dim, rows, ids, count, keys);
      for (size_t k = 0; k < count; ++k) keys[k] = -keys[k];
      return;
    case Metric::kHamming:
      kernels.hamming_rows(query.words, layout.vector_bytes / sizeof(uint64_t),
                           rows, ids, count, keys);
      return;
  }
}

// Keeps the nearest `n` of the items offered to it.
class NearestItems {
 public:
  NearestItems(const ForestData& forest, const Query& query, size_t n,
               bool annoy_distances, SearchScratch* scratch)
      : forest_(forest),
        query_(query),
        n_(n),
        doubtful_below_(DoubtfulBelow(forest.layout.metric, annoy_distances)),
        told_apart_below_(
            ToldApartBelow(forest.layout.metric, annoy_distances)),
        scratch_(scratch) {
    scratch_->nearest.clear();
  }

  // `count` <= SearchScratch::kBatch ids of slots. Holes are dropped.
  void Offer(const int32_t* ids, size_t count) {
    float* const keys = scratch_->batch_distances;
    ComputeKeys(forest_, query_, ids, count, keys);
    MaxHeap& nearest = scratch_->nearest;
    for (size_t k = 0; k < count; ++k) {
      if (keys[k] < doubtful_below_) keys[k] = Careful(ids[k], keys[k]);
      const uint64_t key = PackKey(OrderedBits(keys[k]), ids[k]);
      if (nearest.size() == n_ && key >= nearest.top()) continue;
      if (forest_.node(ids[k]).descendants() != 1) continue;
      if (nearest.size() < n_) {
        nearest.Push(key);
      } else {
        nearest.ReplaceTop(key);
      }
    }
  }

  void Finish(std::optional<float> max_distance, std::vector<Neighbor>* out) {
    const Metric metric = forest_.layout.metric;
    std::vector<uint64_t>& sorted = scratch_->sorted;
    sorted = scratch_->nearest.keys();
    std::sort(sorted.begin(), sorted.end());
    out->reserve(sorted.size());
    float last = -std::numeric_limits<float>::infinity();
    for (const uint64_t key : sorted) {
      float told = FromOrderedBits(KeyOrdered(key));
      if (told < told_apart_below_) {
        told = last = std::max(last, Told(KeyId(key), told));
      }
      const float distance = DistanceOfKey(metric, told);
      if (max_distance && IsFarther(metric, distance, *max_distance)) break;
      out->push_back({KeyId(key), distance});
    }
  }

 private:
  float Careful(int32_t id, float key) const {
    return CarefulKey(forest_.layout.metric, query_.floats,
                      forest_.node(id).floats(), forest_.layout.dim, key);
  }

  float Told(int32_t id, float key) const {
    float plain;
    ComputeKeys(forest_, query_, &id, 1, &plain);
    return ToldKey(forest_.layout.metric, plain, key);
  }

  const ForestData& forest_;
  const Query& query_;
  const size_t n_;
  const float doubtful_below_;
  const float told_apart_below_;
  SearchScratch* const scratch_;
};

}  // namespace

absl::Status RankCandidates(const ForestData& forest, const Query& query,
                            const SearchOptions& options,
                            SearchScratch* scratch, std::vector<Neighbor>* out,
                            SearchStats* stats) {
  out->clear();
  const IdSet& ids = scratch->candidates;
  NearestItems nearest(forest, query, options.n, options.annoy_distances,
                       scratch);
  DeadlinePoll poll(options);
  for (size_t first = 0; first < ids.size(); first += SearchScratch::kBatch) {
    const size_t count = std::min(SearchScratch::kBatch, ids.size() - first);
    if (poll.Expired(count)) return poll.Error();
    nearest.Offer(ids.data() + first, count);
  }
  if (stats != nullptr) stats->distances += ids.size();
  nearest.Finish(options.max_distance, out);
  return absl::OkStatus();
}

absl::Status RankAllItems(const ForestData& forest, const Query& query,
                          const SearchOptions& options, SearchScratch* scratch,
                          std::vector<Neighbor>* out, SearchStats* stats) {
  out->clear();
  NearestItems nearest(forest, query, options.n, options.annoy_distances,
                       scratch);
  DeadlinePoll poll(options);
  int64_t distances = 0;
  // `id_at(position)` gives the ids to look at.
  const auto rank = [&](int64_t id_count, const auto& id_at) {
    const ItemFilter* const filter =
        options.filter != nullptr && options.filter->active() ? options.filter
                                                              : nullptr;
    for (int64_t position = 0; position < id_count;) {
      // Ids passed over take time too.
      const int64_t end =
          std::min<int64_t>(id_count, position + kMaxPassedOver);
      size_t count = 0;
      for (; count < SearchScratch::kBatch && position < end; ++position) {
        const int32_t id = id_at(position);
        if (filter != nullptr && !filter->Accepts(id)) continue;
        if (id < 0 || id >= forest.slot_count ||
            forest.node(id).descendants() != 1) {
          continue;
        }
        scratch->batch_ids[count++] = id;
      }
      if (poll.Expired(SearchScratch::kBatch)) return poll.Error();
      nearest.Offer(scratch->batch_ids, count);
      distances += static_cast<int64_t>(count);
    }
    return absl::OkStatus();
  };
  absl::Status status;
  if (options.filter != nullptr && options.filter->only_allowed) {
    const absl::Span<const int32_t> ids = options.filter->allowed_ids;
    status = rank(static_cast<int64_t>(ids.size()),
                  [ids](int64_t position) { return ids[position]; });
  } else {
    status = rank(forest.slot_count, [](int64_t position) {
      return static_cast<int32_t>(position);
    });
  }
  if (!status.ok()) return status;
  if (stats != nullptr) stats->distances += distances;
  nearest.Finish(options.max_distance, out);
  return absl::OkStatus();
}

absl::Status RankAllItemsTogether(const ForestData& forest,
                                  const std::vector<Query>& queries, int n,
                                  const std::atomic<bool>* cancel,
                                  std::vector<SearchScratch>* scratches,
                                  std::vector<std::vector<Neighbor>>* out) {
  std::vector<NearestItems> nearest;
  nearest.reserve(queries.size());
  for (size_t q = 0; q < queries.size(); ++q) {
    nearest.emplace_back(forest, queries[q], n, /*annoy_distances=*/false,
                         &(*scratches)[q]);
  }
  int32_t ids[SearchScratch::kBatch];
  for (int64_t id = 0; id < forest.slot_count;) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) {
      return absl::CancelledError("cancelled while comparing all items");
    }
    size_t count = 0;
    for (; count < SearchScratch::kBatch && id < forest.slot_count; ++id) {
      if (forest.node(id).descendants() == 1) {
        ids[count++] = static_cast<int32_t>(id);
      }
    }
    for (NearestItems& items : nearest) items.Offer(ids, count);
  }
  out->resize(queries.size());
  for (size_t q = 0; q < queries.size(); ++q) {
    (*out)[q].clear();
    nearest[q].Finish(std::nullopt, &(*out)[q]);
  }
  return absl::OkStatus();
}

float SlotDistance(const ForestData& forest, int32_t i, int32_t j) {
  Query query = SlotQuery(forest, i);
  if (forest.layout.metric == Metric::kAngular) {
    query.squared_norm = SlotNorm(forest.node(i), Kernels(), forest.layout.dim);
  }
  float key;
  ComputeKeys(forest, query, &j, 1, &key);
  const Metric metric = forest.layout.metric;
  if (key < DoubtfulBelow(metric, /*annoy_distances=*/false)) {
    key = ToldKey(metric, key,
                  CarefulKey(metric, query.floats, forest.node(j).floats(),
                             forest.layout.dim, key));
  }
  return DistanceOfKey(metric, key);
}

Query SlotQuery(const ForestData& forest, int32_t id) {
  const NodeView node = forest.node(id);
  Query query;
  if (forest.layout.metric == Metric::kHamming) {
    query.words = node.words();
    return query;
  }
  query.floats = node.floats();
  if (forest.layout.metric == Metric::kAngular) {
    query.squared_norm = Dot(query.floats, query.floats, forest.layout.dim);
  }
  return query;
}

}  // namespace annod
