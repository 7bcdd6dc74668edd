#ifndef ANNOD_CORE_FOREST_FAST_SPLITTER_H_
#define ANNOD_CORE_FOREST_FAST_SPLITTER_H_

#include <vector>

#include "core/annoy/item_slots.h"
#include "core/forest/splitter.h"
#include "core/simd/distance.h"
#include "core/simd/update.h"

namespace annod {

// Splits float vectors by a plane between two means, as Annoy does, with
// vector instructions and in an order of operations of its own: planes are as
// good, bytes differ. The same bytes on every CPU, for the kernels of core/simd
// give the same bits. Items are drawn before they are compared, so that they
// can be fetched from memory ahead of use.
class FastSplitter : public Splitter {
 public:
  // `items` must outlive this.
  explicit FastSplitter(const ItemSlots* items);

  void Choose(absl::Span<const int32_t> ids, Kiss64* random,
              char* node) override;
  size_t Divide(absl::Span<const int32_t> ids, const char* node, Kiss64* random,
                uint8_t* sides) override;

 private:
  // One of two groups of items. `v` is their mean (euclidean, manhattan), or
  // the sum of their directions (others): only its own direction matters then,
  // and sums need no division.
  struct Group {
    std::vector<float> v;
    float dot_factor = 0;    // extra component of v, dot only
    float squared_norm = 0;  // of v with dot_factor; angular and dot-24
    float count = 1;
  };
  // An item against the groups: `closeness` is the inner product with v.
  struct Comparison {
    float distance = 0;
    float closeness = 0;
  };

  void Start(int32_t id, Group* group) const;
  Comparison Compare(const Group& group, int32_t id, float norm) const;
  void Join(int32_t id, float norm, float closeness, Group* group) const;
  float DotFactor(int32_t id) const;
  float ItemNorm(int32_t id) const;
  void WritePlane(char* node) const;

  const ItemSlots& items_;
  const LayoutKind kind_;  // NarrowKind()
  const size_t id_bytes_;
  const bool is_manhattan_;
  const size_t dim_;
  const DistanceKernels& distance_;
  const UpdateKernels& update_;
  Group groups_[2];
  std::vector<float> margins_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_FAST_SPLITTER_H_
