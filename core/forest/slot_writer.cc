#include "core/forest/slot_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/annoy/hamming_bits.h"
#include "core/annoy/node_fields.h"
#include "core/annoy/vector_check.h"
#include "core/simd/sequential.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;
// Slots between two looks at the clock of the caller.
constexpr int64_t kSlotsPerReport = 4096;

absl::Status CheckFinite(int64_t id, const std::vector<float>& v) {
  for (size_t z = 0; z < v.size(); ++z) {
    if (!std::isfinite(v[z])) {
      return absl::InvalidArgumentError(
          absl::StrCat("component ", z, " of item ", id, " is ", v[z],
                       "; every component must be finite"));
    }
  }
  return absl::OkStatus();
}

class SlotWriter {
 public:
  SlotWriter(const VectorSource& source, const NodeLayout& layout,
             const std::function<bool(double)>& progress, WritableFile* file)
      : source_(source),
        layout_(layout),
        progress_(progress),
        file_(file),
        is_dot_(layout.metric == Metric::kDot),
        slot_count_(source.slot_count()),
        vector_(static_cast<size_t>(layout.dim)),
        slots_per_piece_(std::max<size_t>(1, kPieceBytes / layout.node_bytes)),
        piece_(slots_per_piece_ * layout.node_bytes) {}

  absl::StatusOr<SlotCounts> Run() {
    if (is_dot_) ANNOD_RETURN_IF_ERROR(FindLargestNorm());
    SlotCounts counts;
    for (int64_t id = 0; id < slot_count_; ++id) {
      ANNOD_RETURN_IF_ERROR(Report(id, is_dot_ ? 0.5 : 0.0, 1.0));
      if (!source_.Get(id, absl::MakeSpan(vector_))) continue;
      ANNOD_RETURN_IF_ERROR(CheckFinite(id, vector_));
      for (; counts.slots < id; ++counts.slots) {
        ANNOD_RETURN_IF_ERROR(AddHole());
      }
      ANNOD_RETURN_IF_ERROR(AddItem(id));
      ++counts.slots;
      ++counts.items;
    }
    ANNOD_RETURN_IF_ERROR(Flush());
    return counts;
  }

 private:
  absl::Status Report(int64_t id, double from, double to) {
    if (id % kSlotsPerReport != 0) return absl::OkStatus();
    const double share = static_cast<double>(id) / slot_count_;
    if (progress_(from + share * (to - from))) return absl::OkStatus();
    return absl::CancelledError("the build was cancelled");
  }

  // The item's squared norm, where the metric stores something made of it.
  absl::StatusOr<float> SquaredNorm(int64_t id) const {
    const float squared =
        SequentialDot(vector_.data(), vector_.data(), vector_.size());
    if (NormFits(layout_.metric, vector_)) return squared;
    return absl::InvalidArgumentError(absl::StrCat(
        "the vector of item ", id,
        " is too long: its squared norm does not fit a 32-bit float"));
  }

  absl::Status FindLargestNorm() {
    for (int64_t id = 0; id < slot_count_; ++id) {
      ANNOD_RETURN_IF_ERROR(Report(id, 0.0, 0.5));
      if (!source_.Get(id, absl::MakeSpan(vector_))) continue;
      ANNOD_RETURN_IF_ERROR(CheckFinite(id, vector_));
      ANNOD_ASSIGN_OR_RETURN(const float squared, SquaredNorm(id));
      largest_norm_ = std::max(largest_norm_, std::sqrt(squared));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<char*> NextSlot() {
    if (used_ == piece_.size()) ANNOD_RETURN_IF_ERROR(Flush());
    char* slot = &piece_[used_];
    std::memset(slot, 0, layout_.node_bytes);
    used_ += layout_.node_bytes;
    return slot;
  }

  absl::Status AddHole() {
    ANNOD_ASSIGN_OR_RETURN(char* slot, NextSlot());
    if (is_dot_) SetDotHead(0.0f, slot);
    return absl::OkStatus();
  }

  absl::Status AddItem(int64_t id) {
    ANNOD_ASSIGN_OR_RETURN(char* slot, NextSlot());
    StoreId(slot, kDescendantsOffset, layout_.id_bytes, 1);
    if (layout_.metric == Metric::kHamming) {
      PackBits(vector_, slot + layout_.vector_offset);
      return absl::OkStatus();
    }
    std::memcpy(slot + layout_.vector_offset, vector_.data(),
                layout_.vector_bytes);
    if (is_dot_ || layout_.metric == Metric::kAngular) {
      ANNOD_ASSIGN_OR_RETURN(const float squared, SquaredNorm(id));
      if (is_dot_) {
        SetDotHead(std::sqrt(squared), slot);
      } else {
        StoreField(slot, AngularNormOffset(layout_.id_bytes), squared);
      }
    }
    return absl::OkStatus();
  }

  // The extra component that gives all items the same norm (Bachrach et al.,
  // "Speeding up the Xbox recommender system", RecSys 2014).
  void SetDotHead(float norm, char* slot) const {
    const float squared = largest_norm_ * largest_norm_ - norm * norm;
    const size_t id_bytes = layout_.id_bytes;
    StoreField(slot, DotFactorOffset(id_bytes),
               squared < 0 ? 0.0f : std::sqrt(squared));
    if (layout_.kind != LayoutKind::kDot16) {
      StoreField(slot, DotSquaredNormOffset(id_bytes),
                 largest_norm_ * largest_norm_);
      StoreField<uint8_t>(slot, DotBuiltOffset(id_bytes), 1);
    }
  }

  absl::Status Flush() {
    if (used_ == 0) return absl::OkStatus();
    const size_t bytes = used_;
    used_ = 0;
    return file_->Append(absl::string_view(piece_.data(), bytes));
  }

  const VectorSource& source_;
  const NodeLayout layout_;
  const std::function<bool(double)>& progress_;
  WritableFile* const file_;
  const bool is_dot_;
  const int64_t slot_count_;
  std::vector<float> vector_;
  const size_t slots_per_piece_;
  std::vector<char> piece_;
  size_t used_ = 0;
  float largest_norm_ = 0;
};

}  // namespace

absl::StatusOr<SlotCounts> WriteSlots(
    const VectorSource& source, const NodeLayout& layout,
    const std::function<bool(double)>& progress, WritableFile* file) {
  return SlotWriter(source, layout, progress, file).Run();
}

}  // namespace annod
