#ifndef ANNOD_TESTS_CORE_FOREST_MEMORY_VECTORS_H_
#define ANNOD_TESTS_CORE_FOREST_MEMORY_VECTORS_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "core/forest/forest_builder.h"

namespace annod {

// Vectors in memory, some of them missing.
class MemoryVectors : public VectorSource {
 public:
  MemoryVectors() = default;
  explicit MemoryVectors(std::vector<std::vector<float>> rows) {
    for (std::vector<float>& row : rows) rows_.push_back(std::move(row));
  }

  // Gaussian components, fixed by the seed.
  static MemoryVectors Random(int count, int dim, uint32_t seed) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    MemoryVectors vectors;
    for (int i = 0; i < count; ++i) {
      std::vector<float> row(dim);
      for (float& component : row) component = normal(engine);
      vectors.rows_.push_back(std::move(row));
    }
    return vectors;
  }

  // Adds or replaces; ids between become holes.
  void Set(int64_t id, std::vector<float> row) {
    if (id >= slot_count()) rows_.resize(id + 1);
    rows_[id] = std::move(row);
  }
  void Remove(int64_t id) { rows_[id].reset(); }
  bool Has(int64_t id) const { return rows_[id].has_value(); }
  const std::vector<float>& Row(int64_t id) const { return *rows_[id]; }

  int64_t slot_count() const override {
    return static_cast<int64_t>(rows_.size());
  }
  bool Get(int64_t id, absl::Span<float> out) const override {
    if (!rows_[id].has_value()) return false;
    std::copy(rows_[id]->begin(), rows_[id]->end(), out.begin());
    return true;
  }

 private:
  std::vector<std::optional<std::vector<float>>> rows_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_FOREST_MEMORY_VECTORS_H_
