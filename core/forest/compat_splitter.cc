#include "core/forest/compat_splitter.h"

#include <cmath>
#include <cstring>

#include "core/annoy/node_fields.h"
#include "core/simd/sequential.h"

namespace annod {
namespace {

constexpr int kMeansSteps = 200;

// 2 - 2 cos from squared norms and the inner product; 2 if a norm is zero.
// Annoy's rounding: the product of the norms and its root are single, the rest
// double.
float AngularKey(float squared_norm_a, float squared_norm_b, float dot) {
  const float product = squared_norm_a * squared_norm_b;
  if (!(product > 0)) return 2.0f;
  return static_cast<float>(2.0 - 2.0 * dot / std::sqrt(product));
}

}  // namespace

CompatSplitter::CompatSplitter(const ItemSlots* items)
    : items_(*items),
      kind_(NarrowKind(items->layout().kind)),
      id_bytes_(items->layout().id_bytes),
      dim_(static_cast<size_t>(items->layout().dim)) {
  for (Mean& mean : means_) mean.v.resize(dim_);
}

bool CompatSplitter::UsesCosine() const {
  return kind_ != LayoutKind::kMinkowski16;
}

float CompatSplitter::DotFactor(int32_t id) const {
  const bool is_dot =
      kind_ == LayoutKind::kDot16 || kind_ == LayoutKind::kDot24;
  return is_dot ? items_.HeadFloat(id, DotFactorOffset(id_bytes_)) : 0.0f;
}

float CompatSplitter::PlaneNorm(const float* v, float dot_factor) const {
  const float squared = SequentialDot(v, v, dim_);
  if (kind_ == LayoutKind::kAngular12) return std::sqrt(squared);
  // Annoy squares the factor with pow(float, int), which is done in double.
  const double factor = dot_factor;
  return static_cast<float>(std::sqrt(squared + factor * factor));
}

float CompatSplitter::ItemNorm(int32_t id) const {
  const float* v = items_.Vector(id);
  float squared = SequentialDot(v, v, dim_);
  if (kind_ == LayoutKind::kDot24) {
    const float dot_factor = DotFactor(id);
    squared += dot_factor * dot_factor;
  }
  return std::sqrt(squared);
}

void CompatSplitter::RefreshNorm(Mean* mean) const {
  mean->squared_norm = SequentialDot(mean->v.data(), mean->v.data(), dim_);
  if (kind_ == LayoutKind::kDot24) {
    mean->squared_norm += mean->dot_factor * mean->dot_factor;
  }
}

void CompatSplitter::Start(int32_t id, Mean* mean) const {
  std::memcpy(mean->v.data(), items_.Vector(id), dim_ * sizeof(float));
  mean->dot_factor = DotFactor(id);
  mean->count = 1;
  if (UsesCosine()) {
    const float norm = PlaneNorm(mean->v.data(), mean->dot_factor);
    if (norm > 0) {
      for (float& component : mean->v) component /= norm;
      mean->dot_factor /= norm;
    }
  }
  RefreshNorm(mean);
}

void CompatSplitter::Update(int32_t id, float norm, Mean* mean) const {
  const float* v = items_.Vector(id);
  const float count = static_cast<float>(mean->count);
  const float next_count = static_cast<float>(mean->count + 1);
  for (size_t z = 0; z < dim_; ++z) {
    mean->v[z] = (mean->v[z] * count + v[z] / norm) / next_count;
  }
  if (kind_ == LayoutKind::kDot24) {
    mean->dot_factor =
        (mean->dot_factor * count + DotFactor(id) / norm) / next_count;
  }
  ++mean->count;
  RefreshNorm(mean);
}

float CompatSplitter::Distance(const Mean& mean, int32_t id) const {
  const float* p = mean.v.data();
  const float* v = items_.Vector(id);
  switch (kind_) {
    case LayoutKind::kAngular12:
      return AngularKey(mean.squared_norm,
                        items_.HeadFloat(id, AngularNormOffset(id_bytes_)),
                        SequentialDot(p, v, dim_));
    case LayoutKind::kDot16:
      return -SequentialDot(p, v, dim_);
    case LayoutKind::kDot24:
      return AngularKey(
          mean.squared_norm,
          items_.HeadFloat(id, DotSquaredNormOffset(id_bytes_)),
          SequentialDot(p, v, dim_) + mean.dot_factor * DotFactor(id));
    default:
      return items_.layout().metric == Metric::kManhattan
                 ? SequentialL1(p, v, dim_)
                 : SequentialSquaredL2(p, v, dim_);
  }
}

void CompatSplitter::Choose(absl::Span<const int32_t> ids, Kiss64* random,
                            char* node) {
  const size_t i = random->Index(ids.size());
  size_t j = random->Index(ids.size() - 1);
  if (j >= i) ++j;
  Start(ids[i], &means_[0]);
  Start(ids[j], &means_[1]);

  for (int step = 0; step < kMeansSteps; ++step) {
    const int32_t id = ids[random->Index(ids.size())];
    const float to_first =
        static_cast<float>(means_[0].count) * Distance(means_[0], id);
    const float to_second =
        static_cast<float>(means_[1].count) * Distance(means_[1], id);
    const float norm = UsesCosine() ? ItemNorm(id) : 1.0f;
    if (!(norm > 0)) continue;
    if (to_first < to_second) {
      Update(id, norm, &means_[0]);
    } else if (to_second < to_first) {
      Update(id, norm, &means_[1]);
    }
  }
  WritePlane(node);
}

void CompatSplitter::WritePlane(char* node) const {
  const Mean& p = means_[0];
  const Mean& q = means_[1];
  float* normal =
      reinterpret_cast<float*>(node + items_.layout().vector_offset);
  for (size_t z = 0; z < dim_; ++z) normal[z] = p.v[z] - q.v[z];
  float dot_factor = p.dot_factor - q.dot_factor;
  const float norm = kind_ == LayoutKind::kMinkowski16
                         ? std::sqrt(SequentialDot(normal, normal, dim_))
                         : PlaneNorm(normal, dot_factor);
  if (norm > 0) {
    for (size_t z = 0; z < dim_; ++z) normal[z] /= norm;
    dot_factor /= norm;
  }
  if (kind_ == LayoutKind::kMinkowski16) {
    float offset = 0;
    for (size_t z = 0; z < dim_; ++z) {
      offset += -normal[z] * (p.v[z] + q.v[z]) / 2;
    }
    StoreField(node, PlaneOffsetOffset(id_bytes_), offset);
  } else if (kind_ != LayoutKind::kAngular12) {
    StoreField(node, DotFactorOffset(id_bytes_), dot_factor);
  }
}

size_t CompatSplitter::Divide(absl::Span<const int32_t> ids, const char* node,
                              Kiss64* random, uint8_t* sides) {
  const float* normal =
      reinterpret_cast<const float*>(node + items_.layout().vector_offset);
  const float head = LoadField<float>(node, kind_ == LayoutKind::kMinkowski16
                                                ? PlaneOffsetOffset(id_bytes_)
                                                : DotFactorOffset(id_bytes_));
  size_t ones = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    float margin = SequentialDot(normal, items_.Vector(ids[i]), dim_);
    if (kind_ == LayoutKind::kMinkowski16) margin = head + margin;
    if (kind_ == LayoutKind::kDot16) margin += head * head;
    if (kind_ == LayoutKind::kDot24) margin += head * DotFactor(ids[i]);
    const bool side = margin != 0 ? margin > 0 : random->Flip();
    sides[i] = side ? 1 : 0;
    ones += sides[i];
  }
  return ones;
}

}  // namespace annod
