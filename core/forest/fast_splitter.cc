#include "core/forest/fast_splitter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/annoy/node_fields.h"

namespace annod {
namespace {

constexpr size_t kFastMeansSteps = 200;
// Items fetched ahead of the one being compared: a few hundred cycles' worth.
constexpr size_t kFetchAhead = 4;
constexpr size_t kMarginBatch = 2048;
constexpr size_t kCacheLine = 64;

void Fetch(const char* slot, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(slot + at);
  }
}

}  // namespace

FastSplitter::FastSplitter(const ItemSlots* items)
    : items_(*items),
      kind_(NarrowKind(items->layout().kind)),
      id_bytes_(items->layout().id_bytes),
      is_manhattan_(items->layout().metric == Metric::kManhattan),
      dim_(static_cast<size_t>(items->layout().dim)),
      distance_(Kernels()),
      update_(Updates()),
      margins_(kMarginBatch) {
  for (Group& group : groups_) group.v.resize(dim_);
}

float FastSplitter::DotFactor(int32_t id) const {
  const bool is_dot =
      kind_ == LayoutKind::kDot16 || kind_ == LayoutKind::kDot24;
  return is_dot ? items_.HeadFloat(id, DotFactorOffset(id_bytes_)) : 0.0f;
}

// What an item is divided by to become a direction; 1 where means are used.
float FastSplitter::ItemNorm(int32_t id) const {
  switch (kind_) {
    case LayoutKind::kAngular12:
      return std::sqrt(items_.HeadFloat(id, AngularNormOffset(id_bytes_)));
    case LayoutKind::kDot24:
      return std::sqrt(items_.HeadFloat(id, DotSquaredNormOffset(id_bytes_)));
    case LayoutKind::kDot16:
      return std::sqrt(
          distance_.dot(items_.Vector(id), items_.Vector(id), dim_));
    default:
      return 1.0f;
  }
}

void FastSplitter::Start(int32_t id, Group* group) const {
  std::memcpy(group->v.data(), items_.Vector(id), dim_ * sizeof(float));
  group->dot_factor = DotFactor(id);
  group->squared_norm = 0;
  group->count = 1;
  if (kind_ == LayoutKind::kMinkowski16) return;
  const float* v = group->v.data();
  const float squared =
      distance_.dot(v, v, dim_) + group->dot_factor * group->dot_factor;
  if (!(squared > 0)) return;
  const float factor = 1.0f / std::sqrt(squared);
  update_.scale(factor, dim_, group->v.data());
  group->dot_factor *= factor;
  group->squared_norm = 1;
}

FastSplitter::Comparison FastSplitter::Compare(const Group& group, int32_t id,
                                               float norm) const {
  const float* p = group.v.data();
  const float* v = items_.Vector(id);
  Comparison result;
  if (kind_ == LayoutKind::kMinkowski16) {
    result.distance = is_manhattan_ ? distance_.l1(p, v, dim_)
                                    : distance_.squared_l2(p, v, dim_);
    result.distance *= group.count;
    return result;
  }
  result.closeness = distance_.dot(p, v, dim_);
  if (kind_ == LayoutKind::kDot16) {
    // The count is in the sum already.
    result.distance = -result.closeness;
    return result;
  }
  result.closeness += group.dot_factor * DotFactor(id);
  const float product = std::sqrt(group.squared_norm) * norm;
  const float cosine = product > 0 ? result.closeness / product : 0.0f;
  result.distance = group.count * (1 - cosine);
  return result;
}

void FastSplitter::Join(int32_t id, float norm, float closeness,
                        Group* group) const {
  const float* v = items_.Vector(id);
  group->count += 1;
  const float factor = 1.0f / norm;
  if (kind_ == LayoutKind::kMinkowski16) {
    update_.move_towards(v, 1.0f / group->count, dim_, group->v.data());
    return;
  }
  update_.add_scaled(v, factor, dim_, group->v.data());
  if (kind_ == LayoutKind::kDot16) return;
  group->dot_factor += DotFactor(id) * factor;
  // |s + u|^2 of a unit vector u.
  group->squared_norm += 2 * closeness * factor + 1;
}

void FastSplitter::Choose(absl::Span<const int32_t> ids, Kiss64* random,
                          char* node) {
  const size_t i = random->Index(ids.size());
  size_t j = random->Index(ids.size() - 1);
  if (j >= i) ++j;
  std::array<int32_t, kFastMeansSteps> drawn;
  for (int32_t& id : drawn) id = ids[random->Index(ids.size())];

  const NodeLayout& layout = items_.layout();
  for (size_t step = 0; step < kFetchAhead; ++step) {
    Fetch(items_.Slot(drawn[step]), layout.node_bytes);
  }
  Start(ids[i], &groups_[0]);
  Start(ids[j], &groups_[1]);
  for (size_t step = 0; step < kFastMeansSteps; ++step) {
    if (step + kFetchAhead < kFastMeansSteps) {
      Fetch(items_.Slot(drawn[step + kFetchAhead]), layout.node_bytes);
    }
    const int32_t id = drawn[step];
    const float norm = ItemNorm(id);
    if (!(norm > 0)) continue;
    const Comparison first = Compare(groups_[0], id, norm);
    const Comparison second = Compare(groups_[1], id, norm);
    if (first.distance < second.distance) {
      Join(id, norm, first.closeness, &groups_[0]);
    } else if (second.distance < first.distance) {
      Join(id, norm, second.closeness, &groups_[1]);
    }
  }
  WritePlane(node);
}

void FastSplitter::WritePlane(char* node) const {
  const Group& p = groups_[0];
  const Group& q = groups_[1];
  // Sums of directions become means here.
  const bool sums = kind_ != LayoutKind::kMinkowski16;
  const float p_factor = sums ? 1.0f / p.count : 1.0f;
  const float q_factor = sums ? 1.0f / q.count : 1.0f;

  float* normal =
      reinterpret_cast<float*>(node + items_.layout().vector_offset);
  std::memcpy(normal, p.v.data(), dim_ * sizeof(float));
  update_.scale(p_factor, dim_, normal);
  update_.add_scaled(q.v.data(), -q_factor, dim_, normal);
  // The extra component of a dot-16 mean stays that of its first item.
  const bool sums_factor = kind_ == LayoutKind::kDot24;
  float dot_factor = p.dot_factor * (sums_factor ? p_factor : 1.0f) -
                     q.dot_factor * (sums_factor ? q_factor : 1.0f);

  const float squared =
      distance_.dot(normal, normal, dim_) + dot_factor * dot_factor;
  float factor = 1.0f / std::sqrt(squared);
  if (!(squared > 0) || !std::isfinite(squared) || !std::isfinite(factor)) {
    // Equal means, or numbers too large or small: no plane. Every margin is 0,
    // so sides fall by chance.
    std::memset(normal, 0, dim_ * sizeof(float));
    dot_factor = 0;
    factor = 1;
  }
  update_.scale(factor, dim_, normal);
  dot_factor *= factor;

  if (kind_ == LayoutKind::kMinkowski16) {
    const float offset = -(distance_.dot(normal, p.v.data(), dim_) +
                           distance_.dot(normal, q.v.data(), dim_)) /
                         2;
    StoreField(node, PlaneOffsetOffset(id_bytes_),
               std::isfinite(offset) ? offset : 0.0f);
  } else if (kind_ != LayoutKind::kAngular12) {
    StoreField(node, DotFactorOffset(id_bytes_), dot_factor);
  }
}

size_t FastSplitter::Divide(absl::Span<const int32_t> ids, const char* node,
                            Kiss64* random, uint8_t* sides) {
  const NodeLayout& layout = items_.layout();
  const float* normal =
      reinterpret_cast<const float*>(node + layout.vector_offset);
  const Rows rows = {items_.Slot(0) + layout.vector_offset, layout.node_bytes};
  float head = 0;  // what a margin has besides the inner product
  float factor = 0;
  if (kind_ == LayoutKind::kMinkowski16) {
    head = LoadField<float>(node, PlaneOffsetOffset(id_bytes_));
  } else if (kind_ != LayoutKind::kAngular12) {
    factor = LoadField<float>(node, DotFactorOffset(id_bytes_));
    if (kind_ == LayoutKind::kDot16) head = factor * factor;
  }

  size_t ones = 0;
  for (size_t begin = 0; begin < ids.size(); begin += kMarginBatch) {
    const size_t count = std::min(kMarginBatch, ids.size() - begin);
    distance_.dot_rows(normal, dim_, rows, &ids[begin], count, margins_.data());
    for (size_t i = 0; i < count; ++i) {
      float margin = margins_[i] + head;
      if (kind_ == LayoutKind::kDot24) {
        margin += factor * DotFactor(ids[begin + i]);
      }
      const bool side = margin != 0 ? margin > 0 : random->Flip();
      sides[begin + i] = side ? 1 : 0;
      ones += sides[begin + i];
    }
  }
  return ones;
}

}  // namespace annod
