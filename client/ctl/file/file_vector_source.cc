#include "client/ctl/file/file_vector_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod::ctl {

absl::StatusOr<std::unique_ptr<FileVectorSource>> FileVectorSource::Open(
    const std::string& path, const VectorReaderOptions& options) {
  std::unique_ptr<FileVectorSource> source(new FileVectorSource(path, options));
  ANNOD_ASSIGN_OR_RETURN(source->reader_, OpenVectorFile(path, options));
  VectorReader& reader = *source->reader_;
  source->dim_ = reader.dim();
  source->has_labels_ = reader.has_labels();
  source->skipped_.resize(reader.dim());
  if (reader.row_count().has_value()) {
    source->rows_ = *reader.row_count();
    return source;
  }
  std::string label;
  while (true) {
    ANNOD_ASSIGN_OR_RETURN(
        const bool more, reader.Next(absl::MakeSpan(source->skipped_), &label));
    if (!more) break;
    ++source->rows_;
  }
  source->reader_.reset();  // Seek() opens it anew
  return source;
}

absl::Status FileVectorSource::ReadRow(absl::Span<float> out) const {
  ANNOD_ASSIGN_OR_RETURN(const bool more, reader_->Next(out, &label_));
  if (!more) {
    return absl::DataLossError(absl::StrCat(
        path_, ": changed while it was read: row ", next_, " is gone"));
  }
  if (next_ == labels_passed_) {
    ++labels_passed_;
    if (label_sink_ != nullptr) {
      ANNOD_RETURN_IF_ERROR(label_sink_(next_, label_));
    }
  }
  ++next_;
  return absl::OkStatus();
}

absl::Status FileVectorSource::Seek(int64_t id) const {
  if (reader_ == nullptr || id < next_) {
    ANNOD_ASSIGN_OR_RETURN(reader_, OpenVectorFile(path_, options_));
    if (reader_->dim() != dim_) {
      return absl::DataLossError(
          absl::StrCat(path_, ": changed while it was read"));
    }
    next_ = 0;
  }
  while (next_ < id) {
    ANNOD_RETURN_IF_ERROR(ReadRow(absl::MakeSpan(skipped_)));
  }
  return absl::OkStatus();
}

bool FileVectorSource::Get(int64_t id, absl::Span<float> out) const {
  if (status_.ok()) status_ = Seek(id);
  if (status_.ok()) status_ = ReadRow(out);
  if (status_.ok()) return true;
  stop_ = true;
  return false;
}

}  // namespace annod::ctl
