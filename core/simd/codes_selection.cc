// The smallest of many distances between codes.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/simd/codes.h"
#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/codes_selection.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "core/simd/codes_kernels_inl.h"

// A bound that at least `wanted` of the groups have a value up to; `lowest` is
// the least of all values. Not much larger than need be.
template <class GroupsUpTo>
HWY_INLINE int32_t CloseIn(int32_t lowest, size_t wanted,
                           const GroupsUpTo& groups_up_to) {
  constexpr int64_t kFirstStep = 1024;
  constexpr int kHalvings = 6;
  int64_t low = lowest, high = INT32_MAX;
  for (int64_t step = kFirstStep; lowest + step < INT32_MAX; step *= 2) {
    if (groups_up_to(static_cast<int32_t>(lowest + step)) >= wanted) {
      high = lowest + step;
      break;
    }
    low = lowest + step;
  }
  for (int k = 0; k < kHalvings && low + 1 < high; ++k) {
    const int64_t middle = (low + high) / 2;
    if (groups_up_to(static_cast<int32_t>(middle)) >= wanted) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return static_cast<int32_t>(high);
}

#if ANNOD_VECTOR_CODES

using Int32Tag = hn::CappedTag<int32_t, 16>;

// The bound is taken from the smallest values of 64 groups of positions: as
// many groups as are wanted have one below it. It is closed in on by halving.
size_t SelectSmallest(const int32_t* values, size_t count, size_t wanted,
                      CodeNeighbor* out) {
  const Int32Tag d;
  constexpr size_t kLanes = hn::MaxLanes(Int32Tag());
  constexpr size_t kGroupVecs = 64 / kLanes;
  const auto max = hn::Set(d, INT32_MAX);
  HWY_ALIGN int32_t least[64];
  for (size_t v = 0; v < kGroupVecs; ++v) hn::Store(max, d, least + v * kLanes);
  for (size_t j = 0; j < count; j += 64) {
    const size_t vecs = count - j >= 64 ? kGroupVecs : (count - j) / kLanes;
    for (size_t v = 0; v < vecs; ++v) {
      int32_t* const group = least + v * kLanes;
      hn::Store(
          hn::Min(hn::Load(d, group), hn::Load(d, values + j + v * kLanes)), d,
          group);
    }
  }
  const auto groups_up_to = [&](int32_t bound) {
    size_t groups = 0;
    for (size_t v = 0; v < kGroupVecs; ++v) {
      groups += hn::CountTrue(d, hn::Not(hn::Gt(hn::Load(d, least + v * kLanes),
                                                hn::Set(d, bound))));
    }
    return groups;
  };
  int32_t bound = INT32_MAX;
  if (wanted < 64 && wanted < count) {
    auto lowest = max;
    for (size_t v = 0; v < kGroupVecs; ++v) {
      lowest = hn::Min(lowest, hn::Load(d, least + v * kLanes));
    }
    bound =
        CloseIn(hn::GetLane(hn::MinOfLanes(d, lowest)), wanted, groups_up_to);
  }
  const auto bounds = hn::Set(d, bound);
  size_t found = 0;
  for (size_t j = 0; j < count; j += kLanes) {
    const auto below = hn::Not(hn::Gt(hn::Load(d, values + j), bounds));
    uint64_t bits = 0;
    hn::StoreMaskBits(d, below, reinterpret_cast<uint8_t*>(&bits));
    for (; bits != 0; bits &= bits - 1) {
      const size_t at = j + static_cast<size_t>(__builtin_ctzll(bits));
      out[found++] = {values[at], static_cast<int32_t>(at)};
    }
  }
  return found;
}

// First position in [0, count) that holds `value`; `count` if none does.
HWY_INLINE size_t Find(const int32_t* values, size_t count, int32_t value) {
  const Int32Tag d;
  const size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, value);
  for (size_t j = 0; j < count; j += lanes) {
    const auto at =
        hn::FindFirstTrue(d, hn::Eq(hn::Load(d, values + j), wanted));
    if (at >= 0) return j + static_cast<size_t>(at);
  }
  return count;
}

HWY_INLINE int32_t Largest(const int32_t* values, size_t count) {
  const Int32Tag d;
  auto largest = hn::Set(d, INT32_MIN);
  for (size_t j = 0; j < count; j += hn::Lanes(d)) {
    largest = hn::Max(largest, hn::Load(d, values + j));
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

size_t KeepNearest(const CodeNeighbor* more, size_t count, size_t capacity,
                   size_t size, int32_t* distances, int32_t* ids) {
  int32_t worst = size == capacity ? Largest(distances, capacity) : INT32_MAX;
  for (size_t k = 0; k < count; ++k) {
    const CodeNeighbor candidate = more[k];
    if (candidate.distance >= worst) continue;
    if (Find(ids, capacity, candidate.id) != capacity) continue;
    size_t place = size;
    if (size == capacity) {
      place = Find(distances, capacity, worst);
    } else {
      ++size;
    }
    distances[place] = candidate.distance;
    ids[place] = candidate.id;
    if (size == capacity) worst = Largest(distances, capacity);
  }
  return size;
}

#else  // any other CPU

size_t SelectSmallest(const int32_t* values, size_t count, size_t wanted,
                      CodeNeighbor* out) {
  int32_t least[64];
  std::fill(least, least + 64, INT32_MAX);
  for (size_t j = 0; j < count; ++j) {
    least[j % 64] = std::min(least[j % 64], values[j]);
  }
  int32_t bound = INT32_MAX;
  if (wanted < 64 && wanted < count) {
    bound = CloseIn(
        *std::min_element(least, least + 64), wanted, [&least](int32_t value) {
          return static_cast<size_t>(
              std::count_if(least, least + 64,
                            [value](int32_t one) { return one <= value; }));
        });
  }
  size_t found = 0;
  for (size_t j = 0; j < count; ++j) {
    if (values[j] <= bound) out[found++] = {values[j], static_cast<int32_t>(j)};
  }
  return found;
}

size_t KeepNearest(const CodeNeighbor* more, size_t count, size_t capacity,
                   size_t size, int32_t* distances, int32_t* ids) {
  for (size_t k = 0; k < count; ++k) {
    if (std::find(ids, ids + size, more[k].id) != ids + size) continue;
    size_t place = size;
    if (size == capacity) {
      place = std::max_element(distances, distances + size) - distances;
      if (distances[place] <= more[k].distance) continue;
    } else {
      ++size;
    }
    distances[place] = more[k].distance;
    ids[place] = more[k].id;
  }
  return size;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();
