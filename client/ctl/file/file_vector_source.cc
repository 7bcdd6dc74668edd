#include "client/ctl/file/file_vector_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/annoy/vector_check.h"
#include "core/status_macros.h"

namespace annod::ctl {

namespace {

// The largest id is at most so many times the rows, and so much more: as on
// servers.
constexpr int64_t kMaxWaste = 10;
constexpr int64_t kWasteFloor = 1 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<FileVectorSource>> FileVectorSource::Open(
    const std::string& path, const VectorReaderOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(RereadableFile file,
                         RereadableFile::Open(path, options));
  std::unique_ptr<FileVectorSource> source(
      new FileVectorSource(std::move(file)));
  ANNOD_ASSIGN_OR_RETURN(source->reader_, source->file_.Read());
  const VectorReader& reader = *source->reader_;
  source->dim_ = reader.dim();
  source->has_labels_ = reader.has_labels();
  source->has_ids_ = reader.has_ids();
  source->row_.resize(reader.dim());
  if (reader.row_count().has_value() && !reader.has_ids()) {
    source->rows_ = source->slots_ = *reader.row_count();
    source->description_ = reader.description();
    return source;
  }
  ANNOD_RETURN_IF_ERROR(source->CountRows());
  return source;
}

absl::Status FileVectorSource::CountRows() {
  int64_t last = -1;
  while (true) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader_->Next(absl::MakeSpan(row_), &label_));
    if (!more) break;
    const int64_t id = has_ids_ ? reader_->id() : rows_;
    if (id <= last) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_.name(), ": ", reader_->place(), ": id ", id,
                       " follows ", last, "; ids must ascend here"));
    }
    last = id;
    ++rows_;
  }
  if (last > kMaxWaste * rows_ + kWasteFloor) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_.name(), ": id ", last, " is too large for ", rows_,
                     " rows: the file grows to the largest id; with "
                     "--id_column none the rows are 0, 1, 2, ..."));
  }
  slots_ = last + 1;
  description_ = reader_->description();
  reader_.reset();  // Seek() opens it anew
  return absl::OkStatus();
}

absl::Status FileVectorSource::ReadRow() const {
  ANNOD_ASSIGN_OR_RETURN(const bool more,
                         reader_->Next(absl::MakeSpan(row_), &label_));
  if (!more) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_.name(), ": changed while it was read: row ",
                     rows_read_, " is gone"));
  }
  if (metric_.has_value() && !IsTaken(*metric_, row_)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_.name(), ": ", reader_->place(), ": ",
                     FindVectorFault(*metric_, row_)->Message()));
  }
  id_ = has_ids_ ? reader_->id() : rows_read_;
  ++rows_read_;
  if (rows_read_ > labels_passed_) {
    labels_passed_ = rows_read_;
    if (label_sink_ != nullptr) {
      ANNOD_RETURN_IF_ERROR(label_sink_(id_, label_));
    }
    if (rows_read_ == rows_) {
      // What follows may be an error: more rows than the file promises.
      std::vector<float> none(row_.size());
      std::string label;
      ANNOD_RETURN_IF_ERROR(
          reader_->Next(absl::MakeSpan(none), &label).status());
    }
  }
  return absl::OkStatus();
}

absl::Status FileVectorSource::Reopen() const {
  ANNOD_ASSIGN_OR_RETURN(reader_, file_.Read());
  if (reader_->dim() != dim_) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_.name(), ": changed while it was read"));
  }
  rows_read_ = 0;
  id_ = -1;
  return absl::OkStatus();
}

absl::Status FileVectorSource::Seek(int64_t id) const {
  if (reader_ == nullptr || id < id_) ANNOD_RETURN_IF_ERROR(Reopen());
  while (id_ < id) ANNOD_RETURN_IF_ERROR(ReadRow());
  return absl::OkStatus();
}

bool FileVectorSource::Get(int64_t id, absl::Span<float> out) const {
  if (status_.ok()) status_ = Seek(id);
  if (!status_.ok()) {
    stop_ = true;
    return false;
  }
  if (id_ != id) return false;
  std::copy(row_.begin(), row_.end(), out.begin());
  return true;
}

}  // namespace annod::ctl
