#include "core/publish/row_spool.h"

#include <cstdint>
#include <memory>
#include <numeric>
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
  SpooledRows(int dim, int32_t first_id, int64_t row_count,
              std::unique_ptr<MappedFile> vectors,
              std::unique_ptr<MappedFile> labels,
              std::vector<uint64_t> label_ends)
      : dim_(dim),
        first_id_(first_id),
        ids_(row_count),
        vectors_(std::move(vectors)),
        labels_(std::move(labels)),
        label_ends_(std::move(label_ends)) {
    std::iota(ids_.begin(), ids_.end(), first_id);
  }

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
    const int64_t row = int64_t{id} - first_id_;
    return row < static_cast<int64_t>(ids_.size()) ? row : -1;
  }

  const int64_t dim_;
  const int32_t first_id_;
  std::vector<int32_t> ids_;
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
                           absl::string_view label) {
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
  ++row_count_;
  return absl::OkStatus();
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
  if (first_id < 0 || row_count_ - 1 > int64_t{kMaxItemId} - first_id) {
    return absl::InternalError(absl::StrCat("rows with ids ", first_id, " to ",
                                            first_id + row_count_ - 1));
  }
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> vectors, Map(&vectors_));
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> labels, Map(&labels_));
  return std::make_unique<SpooledRows>(dim_, first_id, row_count_,
                                       std::move(vectors), std::move(labels),
                                       std::move(label_ends_));
}

}  // namespace annod
