#include "client/ctl/server/transform_input.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::ctl {

absl::StatusOr<std::unique_ptr<TransformInput>> TransformInput::Open(
    const std::string& path, TransformInputType type,
    const FitInputOptions& options) {
  auto input = absl::WrapUnique(new TransformInput);
  input->type_ = type;
  if (type == TransformInputType::kVectors) {
    ANNOD_ASSIGN_OR_RETURN(input->rows_, OpenFitInput(path, options));
  } else {
    ANNOD_ASSIGN_OR_RETURN(
        input->lines_,
        input::LineReader::Open(path == "-" ? "/dev/stdin" : path));
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
  while (batch->size() < limit) {
    client::Query query;
    ANNOD_ASSIGN_OR_RETURN(const bool more, NextOne(&query));
    if (!more) break;
    batch->push_back(std::move(query));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> TransformInput::NextOne(client::Query* query) {
  if (rows_ != nullptr) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, rows_->Next(&row_));
    if (!more) return false;
    *query = row_.sparse
                 ? client::Query::OfSparse({row_.positions, row_.values})
                 : client::Query::OfVector(row_.values);
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
    *query = client::Query::OfLabel(line_);
    return true;
  }
  int32_t id;
  if (!absl::SimpleAtoi(line_, &id)) {
    return lines_->Error(
        absl::StrCat("'", ForMessage(line_), "' is not the id of an item"));
  }
  *query = client::Query::OfItem(id);
  return true;
}

}  // namespace annod::ctl
