#include "core/staging/staged_search.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/annoy/distance_key.h"
#include "core/search/careful_key.h"
#include "core/search/deadline.h"
#include "core/search/max_heap.h"
#include "core/search/ordered_key.h"
#include "core/simd/distance.h"
#include "core/simd/prefetch.h"
#include "core/simd/sequential.h"

namespace annod {
namespace {

// Vectors fetched ahead of the one that is compared, and how much of each.
constexpr size_t kBatch = 16;
constexpr size_t kPrefetchBytes = 256;

// Compares one query with vectors as they were given.
class Comparer {
 public:
  Comparer(Metric metric, absl::Span<const float> query, bool annoy_distances)
      : metric_(metric),
        query_(query),
        kernels_(Kernels()),
        doubtful_below_(DoubtfulBelow(metric, annoy_distances)),
        told_apart_below_(ToldApartBelow(metric, annoy_distances)) {
    if (metric == Metric::kAngular) {
      query_norm_ = kernels_.dot(query.data(), query.data(), query.size());
    }
  }

  void set_query_norm(float squared) { query_norm_ = squared; }

  // What orders items. `item_norm` matters for the angular metric only.
  float Key(const float* item, float item_norm) const {
    const float key = FastKey(item, item_norm);
    return key < doubtful_below_
               ? CarefulKey(metric_, query_.data(), item, query_.size(), key)
               : key;
  }

  bool IsToldApart(float key) const { return key < told_apart_below_; }

  // The key of the distance that is told of an item of that Key().
  float Told(const float* item, float item_norm, float key) const {
    return IsToldApart(key) ? ToldKey(metric_, FastKey(item, item_norm), key)
                            : key;
  }

 private:
  float FastKey(const float* item, float item_norm) const {
    const size_t dim = query_.size();
    switch (metric_) {
      case Metric::kAngular:
        return AngularKey(kernels_.dot(query_.data(), item, dim), query_norm_,
                          item_norm);
      case Metric::kEuclidean:
        return kernels_.squared_l2(query_.data(), item, dim);
      case Metric::kManhattan:
        return kernels_.l1(query_.data(), item, dim);
      case Metric::kDot:
        return -kernels_.dot(query_.data(), item, dim);
      case Metric::kHamming: {
        int differing = 0;
        for (size_t i = 0; i < dim; ++i) {
          differing += (query_[i] > 0.5F) != (item[i] > 0.5F);
        }
        return static_cast<float>(differing);
      }
    }
    return 0;
  }

  const Metric metric_;
  const absl::Span<const float> query_;
  const DistanceKernels& kernels_;
  const float doubtful_below_;
  const float told_apart_below_;
  float query_norm_ = 0;
};

// The nearest `n` of the items offered.
class Nearest {
 public:
  Nearest(const Comparer& comparer, size_t n) : comparer_(comparer), n_(n) {}

  void Offer(const StagedRecord& item) {
    items_[count_++] = &item;
    if (count_ == kBatch) Flush();
  }

  void Flush() {
    for (size_t i = 0; i < count_; ++i) {
      const uint64_t key =
          PackKey(OrderedBits(comparer_.Key(items_[i]->vector,
                                            items_[i]->squared_norm)),
                  items_[i]->id);
      if (heap_.size() < n_) {
        heap_.Push(key);
      } else if (key < heap_.top()) {
        heap_.ReplaceTop(key);
      }
    }
    count_ = 0;
  }

  std::vector<uint64_t> TakeSorted() {
    Flush();
    std::vector<uint64_t> keys = heap_.keys();
    std::sort(keys.begin(), keys.end());
    return keys;
  }

 private:
  const Comparer& comparer_;
  const size_t n_;
  const StagedRecord* items_[kBatch];
  size_t count_ = 0;
  MaxHeap heap_;
};

bool IsNearer(Metric metric, const Neighbor& a, const Neighbor& b) {
  if (a.distance != b.distance) {
    return LargerIsCloser(metric) ? a.distance > b.distance
                                  : a.distance < b.distance;
  }
  return a.id < b.id;
}

}  // namespace

absl::Status SearchStaged(const StagedView& staged, Metric metric,
                          absl::Span<const float> query,
                          const SearchOptions& options,
                          std::vector<Neighbor>* neighbors,
                          SearchStats* stats) {
  ItemFilter filter;
  if (options.filter != nullptr) filter = *options.filter;
  filter.hidden = IdSetView();
  const bool filtered = filter.active();
  const Comparer comparer(metric, query, options.annoy_distances);
  Nearest nearest(comparer, static_cast<size_t>(options.n));
  DeadlinePoll poll(options);
  int64_t compared = 0;
  bool expired = false;
  staged.ForEachItem([&](const StagedRecord& item) {
    expired = poll.Expired(1);
    if (expired) return false;
    if (filtered && !filter.Accepts(item.id)) return true;
    PrefetchLines(item.vector,
                  std::min(query.size() * sizeof(float), kPrefetchBytes));
    nearest.Offer(item);
    ++compared;
    return true;
  });
  if (expired) return poll.Error();
  if (stats != nullptr) stats->distances += compared;
  std::vector<Neighbor> found;
  float last = -std::numeric_limits<float>::infinity();
  for (const uint64_t key : nearest.TakeSorted()) {
    float told = FromOrderedBits(KeyOrdered(key));
    if (comparer.IsToldApart(told)) {
      const StagedRecord& item = *staged.Find(KeyId(key)).item;
      told = last =
          std::max(last, comparer.Told(item.vector, item.squared_norm, told));
    }
    const float distance = DistanceOfKey(metric, told);
    if (options.max_distance &&
        IsFarther(metric, distance, *options.max_distance)) {
      break;
    }
    found.push_back({KeyId(key), distance});
  }
  if (found.empty()) return absl::OkStatus();
  std::vector<Neighbor> merged(neighbors->size() + found.size());
  std::merge(neighbors->begin(), neighbors->end(), found.begin(), found.end(),
             merged.begin(), [metric](const Neighbor& a, const Neighbor& b) {
               return IsNearer(metric, a, b);
             });
  merged.resize(std::min(merged.size(), static_cast<size_t>(options.n)));
  neighbors->swap(merged);
  return absl::OkStatus();
}

float VectorDistance(Metric metric, absl::Span<const float> a,
                     absl::Span<const float> b) {
  Comparer comparer(metric, a, /*annoy_distances=*/false);
  float norm_of_b = 0;
  if (metric == Metric::kAngular) {
    comparer.set_query_norm(SequentialDot(a.data(), a.data(), a.size()));
    norm_of_b = SequentialDot(b.data(), b.data(), b.size());
  }
  const float key = comparer.Key(b.data(), norm_of_b);
  return DistanceOfKey(metric, comparer.Told(b.data(), norm_of_b, key));
}

}  // namespace annod
