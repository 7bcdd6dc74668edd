#include "client/ctl/server/transform_input.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/server/row_conversion.h"
#include "client/input/row_names.h"
#include "core/status_macros.h"

namespace annod::ctl {

absl::StatusOr<std::unique_ptr<TransformInput>> TransformInput::Open(
    const std::string& path, TransformInputType type,
    const VectorReaderOptions& options) {
  auto input = absl::WrapUnique(new TransformInput);
  input->type_ = type;
  input->path_ = path;
  input->metric_ = options.metric;
  if (type == TransformInputType::kVectors) {
    ANNOD_ASSIGN_OR_RETURN(input->rows_, OpenVectorFile(path, options));
    input->row_.resize(input->rows_->dim());
  } else {
    ANNOD_ASSIGN_OR_RETURN(input->lines_, input::LineReader::Open(path));
  }
  return input;
}

std::unique_ptr<TransformInput> TransformInput::OfItems(
    std::vector<int32_t> items) {
  auto input = absl::WrapUnique(new TransformInput);
  input->items_ = std::move(items);
  return input;
}

std::optional<int64_t> TransformInput::count() const {
  if (rows_ != nullptr) return rows_->row_count();
  if (lines_ != nullptr) return std::nullopt;
  return static_cast<int64_t>(items_.size());
}

absl::Status TransformInput::Next(size_t limit,
                                  std::vector<client::Query>* batch) {
  batch->clear();
  places_.clear();
  while (batch->size() < limit) {
    client::Query query;
    ANNOD_ASSIGN_OR_RETURN(const bool more, NextOne(&query));
    if (!more) break;
    batch->push_back(std::move(query));
    places_.push_back(rows_ != nullptr ? rows_->place()
                      : lines_ != nullptr
                          ? absl::StrCat("line ", lines_->line_number())
                          : "");
  }
  return absl::OkStatus();
}

std::string TransformInput::PlaceInBatch(int64_t i) const {
  return i >= 0 && i < static_cast<int64_t>(places_.size()) ? places_[i] : "";
}

absl::StatusOr<bool> TransformInput::NextOne(client::Query* query) {
  if (rows_ != nullptr) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           rows_->Next(absl::MakeSpan(row_), &line_));
    if (!more) return false;
    if (metric_.has_value() && IsWhole(row_)) {
      ANNOD_RETURN_IF_ERROR(CheckTaken(path_, *rows_, *metric_, row_));
    }
    *query = IsWhole(row_) ? client::Query::OfVector(row_)
                           : client::Query::OfSparse(GivenComponents(row_));
    return true;
  }
  if (lines_ == nullptr) {
    if (next_item_ == items_.size()) return false;
    *query = client::Query::OfItem(items_[next_item_++]);
    return true;
  }
  do {
    ANNOD_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
    if (!more) return false;
  } while (line_.empty());
  if (type_ == TransformInputType::kLabels) {
    ANNOD_RETURN_IF_ERROR(input::CheckLabelLine(*lines_, line_));
    *query = client::Query::OfLabel(line_);
    return true;
  }
  int32_t id;
  ANNOD_RETURN_IF_ERROR(
      input::ParseId(*lines_, lines_->line_number(), line_, &id));
  *query = client::Query::OfItem(id);
  return true;
}

}  // namespace annod::ctl
