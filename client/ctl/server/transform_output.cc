#include "client/ctl/server/transform_output.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

// Text to standard output or, through a buffer, to a file.
class TextTarget {
 public:
  static absl::StatusOr<TextTarget> Open(const std::string& path, bool force) {
    TextTarget target;
    if (path.empty()) return target;
    FileSystem* const fs = FileSystem::Posix();
    ANNOD_ASSIGN_OR_RETURN(target.output_,
                           OutputFile::Prepare(fs, path, force));
    ANNOD_ASSIGN_OR_RETURN(target.file_,
                           fs->CreateFile(target.output_->temporary_path()));
    return target;
  }

  absl::Status Write(absl::string_view text) {
    if (file_ == nullptr) {
      PrintText(text);
      return OutputStatus();
    }
    buffer_.append(text.data(), text.size());
    return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
  }

  absl::Status Finish() {
    if (file_ == nullptr) {
      return FlushOutput();
    }
    ANNOD_RETURN_IF_ERROR(Flush());
    ANNOD_RETURN_IF_ERROR(file_->Sync());
    ANNOD_RETURN_IF_ERROR(file_->Close());
    return output_->Commit();
  }

 private:
  absl::Status Flush() {
    ANNOD_RETURN_IF_ERROR(file_->Append(buffer_));
    buffer_.clear();
    return absl::OkStatus();
  }

  std::unique_ptr<OutputFile> output_;
  std::unique_ptr<WritableFile> file_;  // null: standard output
  std::string buffer_;
};

std::string ToText(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class JsonOutput final : public TransformOutput {
 public:
  JsonOutput(const TransformShape& shape, bool one_document, TextTarget target)
      : shape_(shape),
        one_document_(one_document),
        target_(std::move(target)) {}

  absl::Status Add(const client::NeighborList& row) override {
    Json object = ToJson(row);
    if (!one_document_) return target_.Write(ToText(object) + "\n");
    rows_.push_back(std::move(object));
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (one_document_) {
      ANNOD_RETURN_IF_ERROR(
          target_.Write(ToText(Json{{"results", rows_}}) + "\n"));
    }
    return target_.Finish();
  }

 private:
  Json ToJson(const client::NeighborList& row) const {
    Json object;
    object["ids"] = row.ids;
    if (shape_.distances) object["distances"] = JsonNumbers(row.distances);
    if (shape_.labels) object["labels"] = row.labels;
    if (shape_.vectors) {
      const auto dim = static_cast<size_t>(shape_.dim);
      object["vectors"] = Json::array();
      for (size_t i = 0; i + dim <= row.vectors.size(); i += dim) {
        object["vectors"].push_back(
            JsonNumbers(absl::MakeConstSpan(row.vectors).subspan(i, dim)));
      }
    }
    object["truncated"] = row.truncated;
    return object;
  }

  const TransformShape shape_;
  const bool one_document_;
  TextTarget target_;
  Json rows_ = Json::array();
};

std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"\t", "\\t"}, {"\n", "\\n"}, {"\r", "\\r"}});
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

class TableOutput final : public TransformOutput {
 public:
  TableOutput(const TransformShape& shape, bool commas, TextTarget target)
      : shape_(shape),
        commas_(commas),
        n_(static_cast<size_t>(shape.n)),
        target_(std::move(target)) {}

  absl::Status WriteHeading() {
    for (size_t i = 0; i < n_; ++i) {
      if (!shape_.vectors) Cell(absl::StrCat("neighbor_", i));
      for (int j = 0; shape_.vectors && j < shape_.dim; ++j) {
        Cell(absl::StrCat("neighbor_", i, "_", j));
      }
    }
    for (size_t i = 0; shape_.distances && i < n_; ++i) {
      Cell(absl::StrCat("distance_", i));
    }
    for (size_t i = 0; shape_.labels && i < n_; ++i) {
      Cell(absl::StrCat("label_", i));
    }
    return EndLine();
  }

  absl::Status Add(const client::NeighborList& row) override {
    const size_t components = n_ * static_cast<size_t>(shape_.dim);
    for (size_t i = 0; shape_.vectors && i < components; ++i) {
      Cell(i < row.vectors.size() ? FormatFloat(row.vectors[i]) : "");
    }
    for (size_t i = 0; !shape_.vectors && i < n_; ++i) {
      Cell(i < row.ids.size() ? absl::StrCat(row.ids[i]) : "");
    }
    for (size_t i = 0; shape_.distances && i < n_; ++i) {
      Cell(i < row.distances.size() ? FormatFloat(row.distances[i]) : "");
    }
    for (size_t i = 0; shape_.labels && i < n_; ++i) {
      const std::string label = i < row.labels.size() ? row.labels[i] : "";
      Cell(!commas_ ? Escape(label) : label.empty() ? "" : Quoted(label));
    }
    return EndLine();
  }

  absl::Status Finish() override { return target_.Finish(); }

 private:
  void Cell(absl::string_view text) {
    absl::StrAppend(&line_, begun_ ? (commas_ ? "," : "\t") : "", text);
    begun_ = true;
  }
  absl::Status EndLine() {
    line_ += '\n';
    absl::Status status = target_.Write(line_);
    line_.clear();
    begun_ = false;
    return status;
  }

  const TransformShape shape_;
  const bool commas_;
  const size_t n_;
  TextTarget target_;
  std::string line_;
  bool begun_ = false;  // the line
};

}  // namespace

absl::StatusOr<std::unique_ptr<TransformOutput>> OpenTransformOutput(
    const std::string& path, bool force, TransformFormat format,
    const TransformShape& shape) {
  ANNOD_ASSIGN_OR_RETURN(TextTarget target, TextTarget::Open(path, force));
  if (format != TransformFormat::kTabs && format != TransformFormat::kCommas) {
    return std::make_unique<JsonOutput>(
        shape, format == TransformFormat::kJsonDocument, std::move(target));
  }
  auto output = std::make_unique<TableOutput>(
      shape, format == TransformFormat::kCommas, std::move(target));
  ANNOD_RETURN_IF_ERROR(output->WriteHeading());
  return output;
}

}  // namespace annod::ctl
