#include "client/ctl/server/fit_input.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/input/line_reader.h"
#include "core/status_macros.h"
#include "core/utf8.h"
#include "nlohmann/json.hpp"

namespace annod::ctl {
namespace {

using input::LineReader;
using nlohmann::json;

// Rows of a VectorReader, which has NaN where a component is missing.
class ReaderInput final : public FitInput {
 public:
  explicit ReaderInput(std::unique_ptr<VectorReader> reader)
      : reader_(std::move(reader)) {}

  int dim() const override { return reader_->dim(); }
  std::optional<int64_t> row_count() const override {
    return reader_->row_count();
  }
  std::vector<std::string> column_names() const override {
    return reader_->column_names();
  }

  absl::StatusOr<bool> Next(FitInputRow* row) override {
    std::vector<float>& values = row->values;
    values.resize(reader_->dim());
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader_->Next(absl::MakeSpan(values), &row->label));
    if (!more) return false;
    row->positions.clear();
    size_t given = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) continue;
      row->positions.push_back(static_cast<int32_t>(i));
      values[given++] = values[i];
    }
    row->sparse = given < values.size();
    values.resize(given);
    return true;
  }

 private:
  const std::unique_ptr<VectorReader> reader_;
};

class JsonLinesInput final : public FitInput {
 public:
  JsonLinesInput(std::unique_ptr<LineReader> lines,
                 const std::vector<std::string>& names)
      : lines_(std::move(lines)) {
    for (size_t i = 0; i < names.size(); ++i) {
      positions_by_name_.emplace(names[i], static_cast<int32_t>(i));
    }
  }

  int dim() const override { return 0; }
  std::optional<int64_t> row_count() const override { return std::nullopt; }
  std::vector<std::string> column_names() const override { return {}; }

  absl::StatusOr<bool> Next(FitInputRow* row) override {
    do {
      ANNOD_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
      if (!more) return false;
    } while (absl::StripAsciiWhitespace(line_).empty());
    row->values.clear();
    row->positions.clear();
    row->label.clear();
    const json document =
        json::parse(line_, /*cb=*/nullptr, /*allow_exceptions=*/false);
    if (document.is_object()) {
      row->sparse = true;
      ANNOD_RETURN_IF_ERROR(TakeObject(document, row));
    } else if (document.is_array()) {
      ANNOD_RETURN_IF_ERROR(TakeArray(document, row));
    } else {
      return lines_->Error("a row must be a JSON object or array");
    }
    return true;
  }

 private:
  absl::Status TakeNumber(const std::string& what, const json& value,
                          int32_t position, FitInputRow* row) const {
    const double number = value.is_number() ? value.get<double>() : NAN;
    const auto component = static_cast<float>(number);
    if (!std::isfinite(component)) {
      return lines_->Error(absl::StrCat(what, " is not a finite number"));
    }
    row->positions.push_back(position);
    row->values.push_back(component);
    return absl::OkStatus();
  }

  absl::Status TakeObject(const json& object, FitInputRow* row) const {
    for (const auto& [name, value] : object.items()) {
      int32_t position;
      const auto named = positions_by_name_.find(name);
      if (named != positions_by_name_.end()) {
        position = named->second;
      } else if (!absl::SimpleAtoi(name, &position) || position < 0) {
        return lines_->Error(
            absl::StrCat("'", ForMessage(name),
                         "' is neither a position nor a feature name"));
      }
      if (value.is_null()) continue;
      ANNOD_RETURN_IF_ERROR(TakeNumber(absl::StrCat("'", ForMessage(name), "'"),
                                       value, position, row));
    }
    return absl::OkStatus();
  }

  absl::Status TakeArray(const json& array, FitInputRow* row) const {
    for (size_t i = 0; i < array.size(); ++i) {
      if (array[i].is_null()) continue;
      ANNOD_RETURN_IF_ERROR(TakeNumber(absl::StrCat("component ", i), array[i],
                                       static_cast<int32_t>(i), row));
    }
    row->sparse = row->values.size() < array.size();
    return absl::OkStatus();
  }

  const std::unique_ptr<LineReader> lines_;
  absl::flat_hash_map<std::string, int32_t> positions_by_name_;
  std::string line_;
};

// Rows whose labels are in another file.
class LabelledInput final : public FitInput {
 public:
  LabelledInput(std::unique_ptr<FitInput> rows,
                std::unique_ptr<LineReader> labels)
      : rows_(std::move(rows)), labels_(std::move(labels)) {}

  int dim() const override { return rows_->dim(); }
  std::optional<int64_t> row_count() const override {
    return rows_->row_count();
  }
  std::vector<std::string> column_names() const override {
    return rows_->column_names();
  }

  absl::StatusOr<bool> Next(FitInputRow* row) override {
    ANNOD_ASSIGN_OR_RETURN(const bool more, rows_->Next(row));
    std::string label;
    ANNOD_ASSIGN_OR_RETURN(const bool labelled, labels_->Next(&label));
    if (more != labelled) {
      return labels_->Error(more ? "there are more rows than labels"
                                 : "there are more labels than rows");
    }
    row->label = std::move(label);
    return more;
  }

 private:
  const std::unique_ptr<FitInput> rows_;
  const std::unique_ptr<LineReader> labels_;
};

absl::StatusOr<std::unique_ptr<FitInput>> OpenRows(
    const std::string& path, const FitInputOptions& options) {
  std::string name = path;
  if (absl::EndsWith(name, ".gz")) name.resize(name.size() - 3);
  if (name == "-" || absl::EndsWith(name, ".jsonl") ||
      absl::EndsWith(name, ".ndjson")) {
    ANNOD_ASSIGN_OR_RETURN(auto lines,
                           LineReader::Open(name == "-" ? "/dev/stdin" : path));
    return std::make_unique<JsonLinesInput>(std::move(lines),
                                            options.feature_names);
  }
  VectorReaderOptions reader_options;
  reader_options.csv_labels = options.csv_labels;
  reader_options.csv_missing = true;
  ANNOD_ASSIGN_OR_RETURN(auto reader, OpenVectorFile(path, reader_options));
  return std::make_unique<ReaderInput>(std::move(reader));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FitInput>> OpenFitInput(
    const std::string& path, const FitInputOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(auto rows, OpenRows(path, options));
  if (options.labels_path.empty()) return rows;
  ANNOD_ASSIGN_OR_RETURN(auto labels, LineReader::Open(options.labels_path));
  return std::make_unique<LabelledInput>(std::move(rows), std::move(labels));
}

}  // namespace annod::ctl
