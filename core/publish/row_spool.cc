#include "core/publish/row_spool.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/random_name.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

class SpooledRows final : public ItemLayer {
 public:
  // `ids` ascend; `rows` are their rows' numbers, none: 0, 1, ...
  SpooledRows(int dim, std::vector<int32_t> ids, std::vector<int64_t> rows,
              std::unique_ptr<MappedFile> vectors,
              std::unique_ptr<MappedFile> labels,
              std::vector<uint64_t> label_ends)
      : dim_(dim),
        ids_(std::move(ids)),
        rows_(std::move(rows)),
        dense_(int64_t{ids_.back()} - ids_.front() + 1 ==
               static_cast<int64_t>(ids_.size())),
        vectors_(std::move(vectors)),
        labels_(std::move(labels)),
        label_ends_(std::move(label_ends)) {}

  const std::vector<int32_t>& ids() const override { return ids_; }

  const float* VectorOf(int32_t id) const override {
    const int64_t row = RowOf(id);
    if (row < 0) return nullptr;
    return reinterpret_cast<const float*>(vectors_->data()) + row * dim_;
  }

  absl::string_view LabelOf(int32_t id) const override {
    const int64_t row = RowOf(id);
    if (row < 0 || labels_ == nullptr) return {};
    const uint64_t begin = row == 0 ? 0 : label_ends_[row - 1];
    return absl::string_view(labels_->data() + begin, label_ends_[row] - begin);
  }

 private:
  // -1 if there is none.
  int64_t RowOf(int32_t id) const {
    if (id < ids_.front() || id > ids_.back()) return -1;
    int64_t place = int64_t{id} - ids_.front();
    if (!dense_) {
      const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
      if (*found != id) return -1;
      place = found - ids_.begin();
    }
    return rows_.empty() ? place : rows_[place];
  }

  const int64_t dim_;
  const std::vector<int32_t> ids_;
  const std::vector<int64_t> rows_;
  const bool dense_;  // the ids are consecutive
  const std::unique_ptr<MappedFile> vectors_;
  const std::unique_ptr<MappedFile> labels_;  // null: no row has one
  const std::vector<uint64_t> label_ends_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowSpool>> RowSpool::Create(
    FileSystem* fs, const std::string& directory, int dim) {
  auto spool = std::unique_ptr<RowSpool>(new RowSpool(fs, dim));
  const std::string random = RandomName();
  spool->vectors_.path =
      JoinPath(directory, absl::StrCat(".fit-vectors.tmp-", random));
  spool->labels_.path =
      JoinPath(directory, absl::StrCat(".fit-labels.tmp-", random));
  ANNOD_RETURN_IF_ERROR(spool->Begin(&spool->vectors_));
  return spool;
}

RowSpool::~RowSpool() {
  for (Output* const output : {&vectors_, &labels_}) {
    // One that cannot be removed now is removed at the next start.
    if (!output->path.empty()) fs_->RemoveFile(output->path).IgnoreError();
  }
}

absl::Status RowSpool::Begin(Output* output) {
  ANNOD_ASSIGN_OR_RETURN(output->file, fs_->CreateFile(output->path));
  return absl::OkStatus();
}

absl::Status RowSpool::Append(absl::string_view bytes, Output* output) {
  output->buffer.append(bytes.data(), bytes.size());
  if (output->buffer.size() < kBufferBytes) return absl::OkStatus();
  ANNOD_RETURN_IF_ERROR(output->file->Append(output->buffer));
  output->buffer.clear();
  return absl::OkStatus();
}

absl::Status RowSpool::Add(absl::Span<const float> vector,
                           absl::string_view label, std::optional<int32_t> id) {
  if (vector.size() != static_cast<size_t>(dim_)) {
    return absl::InternalError(absl::StrCat(
        "row of ", vector.size(), " components among those of ", dim_));
  }
  ANNOD_RETURN_IF_ERROR(
      Append(absl::string_view(reinterpret_cast<const char*>(vector.data()),
                               vector.size() * sizeof(float)),
             &vectors_));
  if (!label.empty()) {
    if (labels_.file == nullptr) {
      ANNOD_RETURN_IF_ERROR(Begin(&labels_));
      label_ends_.assign(row_count_, 0);
    }
    ANNOD_RETURN_IF_ERROR(Append(label, &labels_));
    label_bytes_ += label.size();
  }
  if (labels_.file != nullptr) label_ends_.push_back(label_bytes_);
  if (id.has_value()) own_ids_.push_back(*id);
  ++row_count_;
  return absl::OkStatus();
}

std::optional<std::pair<int64_t, int64_t>> RowSpool::EqualIds() {
  order_.resize(own_ids_.size());
  std::iota(order_.begin(), order_.end(), 0);
  if (!std::is_sorted(own_ids_.begin(), own_ids_.end())) {
    std::sort(order_.begin(), order_.end(), [this](int64_t a, int64_t b) {
      return std::make_pair(own_ids_[a], a) < std::make_pair(own_ids_[b], b);
    });
  }
  for (size_t i = 1; i < order_.size(); ++i) {
    if (own_ids_[order_[i - 1]] == own_ids_[order_[i]]) {
      return std::make_pair(order_[i - 1], order_[i]);
    }
  }
  return std::nullopt;
}

int64_t RowSpool::RowOf(int32_t id) const {
  if (!has_ids()) {
    const int64_t row = int64_t{id} - first_id_;
    return row >= 0 && row < row_count_ ? row : -1;
  }
  const auto found = std::lower_bound(
      order_.begin(), order_.end(), id,
      [this](int64_t row, int32_t wanted) { return own_ids_[row] < wanted; });
  return found != order_.end() && own_ids_[*found] == id ? *found : -1;
}

absl::StatusOr<std::unique_ptr<MappedFile>> RowSpool::Map(Output* output) {
  if (output->file == nullptr) return nullptr;
  ANNOD_RETURN_IF_ERROR(output->file->Append(output->buffer));
  std::string().swap(output->buffer);
  ANNOD_RETURN_IF_ERROR(output->file->Close());
  return fs_->MapReadOnly(output->path, Prefault::kNone);
}

absl::StatusOr<std::unique_ptr<const ItemLayer>> RowSpool::Finish(
    int32_t first_id) {
  if (row_count_ == 0 || order_.size() != own_ids_.size() || first_id < 0 ||
      (!has_ids() && row_count_ - 1 > int64_t{kMaxItemId} - first_id)) {
    return absl::InternalError(absl::StrCat("rows with ids ", first_id, " to ",
                                            first_id + row_count_ - 1));
  }
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> vectors, Map(&vectors_));
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> labels, Map(&labels_));
  first_id_ = first_id;
  std::vector<int32_t> ids(row_count_);
  std::iota(ids.begin(), ids.end(), first_id);
  for (size_t i = 0; i < order_.size(); ++i) ids[i] = own_ids_[order_[i]];
  const bool ordered = std::is_sorted(order_.begin(), order_.end());
  return std::make_unique<SpooledRows>(
      dim_, std::move(ids), ordered ? std::vector<int64_t>() : order_,
      std::move(vectors), std::move(labels), std::move(label_ends_));
}

}  // namespace annod
