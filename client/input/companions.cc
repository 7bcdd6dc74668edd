// Labels and ids that lie in files of their own.
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/input/formats.h"
#include "client/input/row_names.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

class RowsWithCompanions final : public VectorReader {
 public:
  // Either may be null: then the rows' own count.
  RowsWithCompanions(std::unique_ptr<VectorReader> rows,
                     std::unique_ptr<LineReader> labels,
                     std::unique_ptr<LineReader> ids)
      : rows_(std::move(rows)),
        labels_(std::move(labels)),
        ids_(std::move(ids)) {}

  int dim() const override { return rows_->dim(); }
  std::optional<int64_t> row_count() const override {
    return rows_->row_count();
  }
  bool has_labels() const override {
    return labels_ != nullptr || rows_->has_labels();
  }
  bool has_ids() const override { return ids_ != nullptr || rows_->has_ids(); }
  std::vector<std::string> column_names() const override {
    return rows_->column_names();
  }
  InputDescription description() const override {
    InputDescription description = rows_->description();
    if (labels_ != nullptr) description.labels = labels_->path();
    if (ids_ != nullptr) description.ids = ids_->path();
    return description;
  }
  int32_t id() const override { return ids_ != nullptr ? id_ : rows_->id(); }
  std::string place() const override { return rows_->place(); }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    absl::StatusOr<bool> more = ReadRow(row, label);
    failed_ = more.status();
    return more;
  }

 private:
  // The line of `file` that belongs to the row just read, if there is one.
  absl::Status ReadLine(bool more, absl::string_view what, LineReader* file) {
    ANNOD_ASSIGN_OR_RETURN(const bool found, file->Next(&line_));
    if (more == found) return absl::OkStatus();
    return file->Error(
        more ? absl::StrCat("there are more rows than ", what)
             : absl::StrCat("there are more ", what, " than rows"));
  }

  absl::StatusOr<bool> ReadRow(absl::Span<float> row, std::string* label) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, rows_->Next(row, label));
    if (labels_ != nullptr) {
      ANNOD_RETURN_IF_ERROR(ReadLine(more, "labels", labels_.get()));
      if (more) {
        ANNOD_RETURN_IF_ERROR(CheckLabelLine(*labels_, line_));
        *label = line_;
      }
    }
    if (ids_ != nullptr) {
      ANNOD_RETURN_IF_ERROR(ReadLine(more, "ids", ids_.get()));
      if (more) {
        ANNOD_RETURN_IF_ERROR(ParseId(*ids_, ids_->line_number(), line_, &id_));
      }
    }
    return more;
  }

  const std::unique_ptr<VectorReader> rows_;
  const std::unique_ptr<LineReader> labels_;
  const std::unique_ptr<LineReader> ids_;
  int32_t id_ = -1;
  absl::Status failed_;
  std::string line_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> WithCompanions(
    std::unique_ptr<VectorReader> rows, const VectorReaderOptions& options) {
  if (options.labels_path.empty() && options.ids_path.empty()) return rows;
  std::unique_ptr<LineReader> labels, ids;
  if (!options.labels_path.empty()) {
    ANNOD_ASSIGN_OR_RETURN(labels, LineReader::Open(options.labels_path));
  }
  if (!options.ids_path.empty()) {
    ANNOD_ASSIGN_OR_RETURN(ids, LineReader::Open(options.ids_path));
  }
  return std::make_unique<RowsWithCompanions>(
      std::move(rows), std::move(labels), std::move(ids));
}

}  // namespace annod::input
