#ifndef ANNOD_CORE_FOREST_COMPAT_SPLITTER_H_
#define ANNOD_CORE_FOREST_COMPAT_SPLITTER_H_

#include <vector>

#include "core/annoy/item_slots.h"
#include "core/forest/splitter.h"

namespace annod {

// Splits float vectors by a plane between two means exactly as a scalar build
// of Annoy does: the same draws, the same order of operations. For dot-24
// as in its development branch. Slow on purpose; FastSplitter is the one to
// use unless bytes must match.
class CompatSplitter : public Splitter {
 public:
  // `items` must outlive this.
  explicit CompatSplitter(const ItemSlots* items);

  void Choose(absl::Span<const int32_t> ids, Kiss64* random,
              char* node) override;
  size_t Divide(absl::Span<const int32_t> ids, const char* node, Kiss64* random,
                uint8_t* sides) override;

 private:
  // A running mean: the vector, its extra component and count.
  struct Mean {
    std::vector<float> v;
    float dot_factor = 0;
    float squared_norm = 0;  // angular and dot-24, as of the last update
    int count = 1;
  };

  bool UsesCosine() const;
  float DotFactor(int32_t id) const;
  // What means and planes are divided by: sqrt(|v|^2 + dot_factor^2).
  float PlaneNorm(const float* v, float dot_factor) const;
  void Start(int32_t id, Mean* mean) const;
  void Update(int32_t id, float norm, Mean* mean) const;
  void RefreshNorm(Mean* mean) const;
  float Distance(const Mean& mean, int32_t id) const;
  // What items are divided by; with the dot_factor for dot-24 only.
  float ItemNorm(int32_t id) const;
  void WritePlane(char* node) const;

  const ItemSlots& items_;
  const LayoutKind kind_;  // NarrowKind()
  const size_t id_bytes_;
  const size_t dim_;
  Mean means_[2];
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_COMPAT_SPLITTER_H_
