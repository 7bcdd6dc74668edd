#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "client/input/row_names.h"
#include "core/status_macros.h"
#include "core/storage/json_text.h"
#include "core/utf8.h"
#include "nlohmann/json.hpp"

namespace annod::input {
namespace {

using nlohmann::json;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

class JsonLinesReader final : public VectorReader {
 public:
  JsonLinesReader(std::unique_ptr<LineReader> lines,
                  const VectorReaderOptions& options)
      : lines_(std::move(lines)),
        missing_(options.missing),
        take_labels_(options.label_column != "none"),
        take_ids_(options.id_column != "none"),
        dim_(options.dim) {
    const std::vector<std::string>& names = options.feature_names;
    for (size_t i = 0; i < names.size(); ++i) {
      positions_by_name_.emplace(names[i], static_cast<int32_t>(i));
    }
    if (dim_ == 0) dim_ = static_cast<int>(names.size());
  }

  // Reads the first row, which tells what rows have.
  absl::Status Start() {
    ANNOD_ASSIGN_OR_RETURN(pending_, ReadDocument());
    if (!pending_) {
      return absl::InvalidArgumentError(
          absl::StrCat(lines_->path(), ": the file holds no row"));
    }
    has_ids_ = take_ids_ && Own("id") != nullptr;
    if (dim_ == 0) {
      const json* const own = Own("vector");
      const json& vector = own != nullptr ? *own : document_;
      if (own == nullptr && document_.is_object()) {
        ANNOD_RETURN_IF_ERROR(CheckPositions());
      }
      if (!vector.is_array() && !vector.is_object()) {
        return lines_->Error("'vector' must be an array or an object");
      }
      if (!vector.is_array()) {
        for (const auto& [key, value] : vector.items()) {
          if (!value.is_structured()) continue;
          return lines_->Error(absl::StrCat(
              "'vector' has '", ForMessage(key), "'; it must be an array of ",
              "numbers, or an object of numbers by position or name"));
        }
        return lines_->Error(
            "an object of positions does not tell how many components a row "
            "has; give --dim or --feature_names, or write arrays");
      }
      dim_ = static_cast<int>(vector.size());
    }
    return CheckDim(lines_->path(), dim_);
  }

  int dim() const override { return dim_; }
  std::optional<int64_t> row_count() const override { return std::nullopt; }
  bool has_labels() const override { return take_labels_; }
  bool has_ids() const override { return has_ids_; }
  int32_t id() const override { return id_; }
  std::string place() const override {
    return absl::StrCat("line ", lines_->line_number());
  }
  InputDescription description() const override {
    InputDescription description;
    description.format = "jsonl";
    if (take_labels_) description.labels = "'label', where it is given";
    if (has_ids_) description.ids = "'id'";
    return description;
  }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    absl::StatusOr<bool> more = ReadRow(row, label);
    failed_ = more.status();
    return more;
  }

 private:
  // Refuses an object without "vector" whose members are no components.
  absl::Status CheckPositions() const {
    for (const auto& [key, value] : document_.items()) {
      if (key == "id" || key == "label") continue;
      if (value.is_number() || value.is_null()) continue;
      return lines_->Error(absl::StrCat("the row has no 'vector'; it has '",
                                        ForMessage(key), "'"));
    }
    return absl::OkStatus();
  }

  // Of a row that is an object, a member that is no component; or null.
  const json* Own(const std::string& key) const {
    if (!document_.is_object() || positions_by_name_.contains(key)) {
      return nullptr;
    }
    const auto found = document_.find(key);
    return found == document_.end() ? nullptr : &*found;
  }

  // Parses the next line that is not blank; false at the end.
  absl::StatusOr<bool> ReadDocument() {
    do {
      ANNOD_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
      if (!more) return false;
    } while (absl::StripAsciiWhitespace(line_).empty());
    const JsonShape shape = ShapeOfJson(line_);
    if (shape.nesting > kMaxJsonNesting) {
      return lines_->Error(absl::StrCat("the row is nested ", shape.nesting,
                                        " levels deep; the limit is ",
                                        kMaxJsonNesting));
    }
    try {
      document_ = json::parse(line_);
    } catch (const json::exception& error) {
      absl::string_view what = error.what();
      // Behind the library's own "[json.exception...] ".
      const size_t end = what.find("] ");
      if (end != absl::string_view::npos) what.remove_prefix(end + 2);
      return lines_->Error(absl::StrCat(
          "not a row of JSON (each line is one): ", ForMessage(what, 160),
          ParseHint()));
    }
    if (document_.is_object() || document_.is_array()) {
      ANNOD_RETURN_IF_ERROR(CheckNames(shape));
      return true;
    }
    return lines_->Error("a row must be a JSON object or array");
  }

  // What may be meant by a line that is no JSON.
  absl::string_view ParseHint() const {
    const absl::string_view line = absl::StripAsciiWhitespace(line_);
    if (line == "[" || line == "{" || absl::EndsWith(line, ",")) {
      return " (jq -c '.[]' FILE writes the rows of one large array so)";
    }
    for (const absl::string_view word : {"NaN", "Infinity"}) {
      if (absl::StrContains(line, word)) {
        return " (NaN and Infinity are not JSON; a component that is missing "
               "is null)";
      }
    }
    if (!IsValidUtf8(line)) {
      return " (convert the file, for instance: iconv -f WINDOWS-1252 -t "
             "UTF-8)";
    }
    return "";
  }

  // Refuses names that an object has twice: the parser keeps the last.
  absl::Status CheckNames(const JsonShape& shape) const {
    size_t members = 0;
    if (document_.is_object()) {
      members = document_.size();
      const auto vector = document_.find("vector");
      if (vector != document_.end() && vector->is_object()) {
        members += vector->size();
      }
    }
    if (static_cast<int64_t>(members) == shape.member_count) {
      return absl::OkStatus();
    }
    const std::string repeated = RepeatedJsonName(line_);
    if (repeated.empty()) return absl::OkStatus();
    return lines_->Error(
        absl::StrCat("'", ForMessage(repeated), "' is given twice"));
  }

  absl::StatusOr<bool> ReadRow(absl::Span<float> row, std::string* label) {
    if (!pending_) {
      ANNOD_ASSIGN_OR_RETURN(const bool more, ReadDocument());
      if (!more) return false;
    }
    pending_ = false;
    if (++rows_ > kMaxInputRows) {
      return lines_->Error(absl::StrCat("more than ", kMaxInputRows, " rows"));
    }
    ANNOD_RETURN_IF_ERROR(TakeNames(label));
    const json* const vector = Own("vector");
    if (vector != nullptr) {
      for (const auto& [key, value] : document_.items()) {
        if (key == "id" || key == "label" || key == "vector") continue;
        return lines_->Error(absl::StrCat(
            "'", ForMessage(key), "' is not one of id, label and vector"));
      }
    }
    const json& components = vector != nullptr ? *vector : document_;
    if (components.is_array()) {
      ANNOD_RETURN_IF_ERROR(TakeArray(components, row));
    } else if (components.is_object()) {
      ANNOD_RETURN_IF_ERROR(TakeObject(components, row));
    } else {
      return lines_->Error("'vector' must be an array or an object");
    }
    return true;
  }

  absl::Status TakeNames(std::string* label) {
    label->clear();
    const json* const own_label = Own("label");
    if (take_labels_ && own_label != nullptr && !own_label->is_null()) {
      if (!own_label->is_string()) {
        return lines_->Error(absl::StrCat(
            "the label ", ForMessage(own_label->dump()), " is not a string"));
      }
      *label = own_label->get<std::string>();
      ANNOD_RETURN_IF_ERROR(CheckLabel(*lines_, *label));
    }
    if (!take_ids_) return absl::OkStatus();
    const json* const own_id = Own("id");
    if (own_id == nullptr) {
      if (!has_ids_) return absl::OkStatus();
      return lines_->Error("the row has no id; the first row has one");
    }
    if (!has_ids_) {
      return lines_->Error("the row has an id; the first row has none");
    }
    if (!own_id->is_number_integer()) {
      return lines_->Error(absl::StrCat("the id ", ForMessage(own_id->dump()),
                                        " is not a whole number"));
    }
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    const bool large = own_id->is_number_unsigned() &&
                       own_id->get<uint64_t>() > uint64_t{kMost};
    const int64_t number = large ? kMost : own_id->get<int64_t>();
    ANNOD_RETURN_IF_ERROR(CheckId(*lines_, lines_->line_number(), number));
    id_ = static_cast<int32_t>(number);
    return absl::OkStatus();
  }

  absl::Status TakeNumber(const std::string& what, const json& value,
                          float* component) const {
    if (value.is_null()) {
      if (missing_) return absl::OkStatus();
      return lines_->Error(
          absl::StrCat(what, " is null, not a finite number", MissingHint()));
    }
    *component =
        value.is_number() ? static_cast<float>(value.get<double>()) : kMissing;
    if (std::isfinite(*component)) return absl::OkStatus();
    return lines_->Error(absl::StrCat(
        what, " is not a finite number: ", ForMessage(value.dump(), 40),
        value.is_structured()
            ? " (each line is one row; jq -c '.[]' FILE writes the rows of "
              "one large array so)"
        : value.is_number() ? " (too large for a 32-bit float)"
                            : ""));
  }

  static absl::string_view MissingHint() {
    return " (--missing_value of fit and transform says what missing "
           "components are)";
  }

  absl::Status TakeObject(const json& object, absl::Span<float> row) const {
    std::fill(row.begin(), row.end(), kMissing);
    size_t given = 0;
    for (const auto& [name, value] : object.items()) {
      if (&object == &document_ && Own(name) != nullptr &&
          (name == "id" || name == "label")) {
        continue;
      }
      int32_t position;
      const auto named = positions_by_name_.find(name);
      if (named != positions_by_name_.end()) {
        position = named->second;
      } else if (!absl::SimpleAtoi(name, &position) || position < 0) {
        return lines_->Error(
            absl::StrCat("'", ForMessage(name),
                         "' is neither a position nor a feature name"));
      }
      if (position >= dim_) {
        return lines_->Error(absl::StrCat("position ", position, "; the ", dim_,
                                          " components are 0 to ", dim_ - 1));
      }
      if (!std::isnan(row[position])) {
        return lines_->Error(
            absl::StrCat("component ", position, " is given twice"));
      }
      ANNOD_RETURN_IF_ERROR(TakeNumber(absl::StrCat("'", ForMessage(name), "'"),
                                       value, &row[position]));
      if (!value.is_null()) ++given;
    }
    if (missing_ || given == row.size()) return absl::OkStatus();
    size_t first = 0;
    while (!std::isnan(row[first])) ++first;
    return lines_->Error(
        absl::StrCat("no component ", first, " of ", dim_, MissingHint()));
  }

  absl::Status TakeArray(const json& array, absl::Span<float> row) const {
    if (array.size() != row.size()) {
      return lines_->Error(
          absl::StrCat(array.size(), " components, not ", dim_));
    }
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = kMissing;
      ANNOD_RETURN_IF_ERROR(
          TakeNumber(absl::StrCat("component ", i), array[i], &row[i]));
    }
    return absl::OkStatus();
  }

  const std::unique_ptr<LineReader> lines_;
  const bool missing_, take_labels_, take_ids_;
  absl::flat_hash_map<std::string, int32_t> positions_by_name_;
  int dim_;
  bool has_ids_ = false;
  bool pending_ = false;  // document_ holds a row not yet handed out
  int64_t rows_ = 0;
  int32_t id_ = -1;
  absl::Status failed_;
  std::string line_;
  json document_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenJsonLines(
    std::unique_ptr<LineReader> lines, const VectorReaderOptions& options) {
  auto reader = std::make_unique<JsonLinesReader>(std::move(lines), options);
  ANNOD_RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace annod::input
