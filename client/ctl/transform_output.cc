#include "client/ctl/transform_output.h"

#include <cmath>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/ctl/output.h"
#include "client/ctl/output_file.h"
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
      std::cout << text;
      return std::cout.good()
                 ? absl::OkStatus()
                 : absl::UnavailableError("standard output was closed");
    }
    buffer_.append(text.data(), text.size());
    if (buffer_.size() < kBufferBytes) return absl::OkStatus();
    return Flush();
  }

  absl::Status Finish() {
    if (file_ == nullptr) return absl::OkStatus();
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

class JsonOutput final : public TransformOutput {
 public:
  JsonOutput(const TransformShape& shape, TextTarget target)
      : shape_(shape), target_(std::move(target)) {}

  absl::Status Add(const client::NeighborList& row) override {
    Json document;
    document["ids"] = row.ids;
    if (shape_.distances) document["distances"] = JsonNumbers(row.distances);
    if (shape_.labels) document["labels"] = row.labels;
    if (shape_.vectors) {
      document["vectors"] = Json::array();
      for (size_t i = 0; i < row.vectors.size(); i += shape_.dim) {
        document["vectors"].push_back(JsonNumbers(
            absl::MakeConstSpan(row.vectors).subspan(i, shape_.dim)));
      }
    }
    document["truncated"] = row.truncated;
    return target_.Write(absl::StrCat(
        document.dump(-1, ' ', false, Json::error_handler_t::replace), "\n"));
  }
  absl::Status Finish() override { return target_.Finish(); }

 private:
  const TransformShape shape_;
  TextTarget target_;
};

// A field of a .csv (RFC 4180).
std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

class CsvOutput final : public TransformOutput {
 public:
  CsvOutput(const TransformShape& shape, TextTarget target)
      : shape_(shape), target_(std::move(target)) {}

  absl::Status WriteHeading() {
    const int width = shape_.vectors ? shape_.dim : 1;
    for (int i = 0; i < shape_.n; ++i) {
      for (int j = 0; j < width; ++j) {
        Cell(shape_.vectors ? absl::StrCat("neighbor_", i, "_", j)
                            : absl::StrCat("neighbor_", i));
      }
    }
    for (int i = 0; shape_.distances && i < shape_.n; ++i) {
      Cell(absl::StrCat("distance_", i));
    }
    for (int i = 0; shape_.labels && i < shape_.n; ++i) {
      Cell(absl::StrCat("label_", i));
    }
    return EndLine();
  }

  absl::Status Add(const client::NeighborList& row) override {
    const auto n = static_cast<size_t>(shape_.n);
    if (shape_.vectors) {
      for (size_t i = 0; i < n * shape_.dim; ++i) {
        Cell(i < row.vectors.size() ? FormatFloat(row.vectors[i]) : "");
      }
    } else {
      for (size_t i = 0; i < n; ++i) {
        Cell(i < row.ids.size() ? absl::StrCat(row.ids[i]) : "");
      }
    }
    for (size_t i = 0; shape_.distances && i < n; ++i) {
      Cell(i < row.distances.size() ? FormatFloat(row.distances[i]) : "");
    }
    for (size_t i = 0; shape_.labels && i < n; ++i) {
      Cell(i < row.labels.size() ? CsvField(row.labels[i]) : "");
    }
    return EndLine();
  }
  absl::Status Finish() override { return target_.Finish(); }

 private:
  void Cell(absl::string_view text) {
    absl::StrAppend(&line_, begun_ ? "," : "", text);
    begun_ = true;
  }
  absl::Status EndLine() {
    line_ += '\n';
    const absl::Status status = target_.Write(line_);
    line_.clear();
    begun_ = false;
    return status;
  }

  const TransformShape shape_;
  TextTarget target_;
  std::string line_;
  bool begun_ = false;  // the line
};

// Numpy's array format 1.0.
std::string NpyHeader(absl::string_view type, const std::string& shape) {
  std::string header =
      absl::StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': (",
                   shape, "), }");
  constexpr size_t kPrefixBytes = 10;
  constexpr size_t kAlignment = 64;
  while ((kPrefixBytes + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  std::string prefix = "\x93NUMPY";
  prefix += '\x01';
  prefix += '\x00';
  prefix += static_cast<char>(header.size() & 0xff);
  prefix += static_cast<char>(header.size() >> 8);
  return prefix + header;
}

class NpyOutput final : public TransformOutput {
 public:
  NpyOutput(const TransformShape& shape, TextTarget neighbors,
            TextTarget distances)
      : shape_(shape),
        neighbors_(std::move(neighbors)),
        distances_(std::move(distances)) {}

  absl::Status Add(const client::NeighborList& row) override {
    const auto n = static_cast<size_t>(shape_.n);
    if (shape_.vectors) {
      for (size_t i = 0; i < n * shape_.dim; ++i) {
        Put(i < row.vectors.size() ? row.vectors[i] : NAN, &neighbor_bytes_);
      }
    } else {
      for (size_t i = 0; i < n; ++i) {
        Put(i < row.ids.size() ? row.ids[i] : int32_t{-1}, &neighbor_bytes_);
      }
    }
    for (size_t i = 0; shape_.distances && i < n; ++i) {
      Put(i < row.distances.size() ? row.distances[i] : NAN, &distance_bytes_);
    }
    ++rows_;
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    const std::string shape = absl::StrCat(rows_, ", ", shape_.n);
    ANNOD_RETURN_IF_ERROR(neighbors_.Write(
        shape_.vectors ? NpyHeader("<f4", absl::StrCat(shape, ", ", shape_.dim))
                       : NpyHeader("<i4", shape)));
    ANNOD_RETURN_IF_ERROR(neighbors_.Write(neighbor_bytes_));
    ANNOD_RETURN_IF_ERROR(neighbors_.Finish());
    if (!shape_.distances) return absl::OkStatus();
    ANNOD_RETURN_IF_ERROR(distances_.Write(NpyHeader("<f4", shape)));
    ANNOD_RETURN_IF_ERROR(distances_.Write(distance_bytes_));
    return distances_.Finish();
  }

 private:
  template <typename Value>
  static void Put(Value value, std::string* bytes) {
    bytes->append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  const TransformShape shape_;
  TextTarget neighbors_;
  TextTarget distances_;
  std::string neighbor_bytes_;
  std::string distance_bytes_;
  int64_t rows_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TransformOutput>> OpenTransformOutput(
    const std::string& path, bool force, const TransformShape& shape) {
  const bool is_npy = absl::EndsWith(path, ".npy");
  const bool is_csv = absl::EndsWith(path, ".csv");
  if (!path.empty() && !is_npy && !is_csv && !absl::EndsWith(path, ".jsonl")) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path,
                     "' must end with .jsonl, .csv or .npy: that says what is "
                     "written"));
  }
  if (is_npy && shape.labels) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' cannot hold labels; .csv and .jsonl can"));
  }
  ANNOD_ASSIGN_OR_RETURN(TextTarget target, TextTarget::Open(path, force));
  if (is_npy) {
    TextTarget distances;
    if (shape.distances) {
      ANNOD_ASSIGN_OR_RETURN(
          distances,
          TextTarget::Open(
              absl::StrCat(path.substr(0, path.size() - 4), "_distances.npy"),
              force));
    }
    return std::make_unique<NpyOutput>(shape, std::move(target),
                                       std::move(distances));
  }
  if (!is_csv) return std::make_unique<JsonOutput>(shape, std::move(target));
  auto output = std::make_unique<CsvOutput>(shape, std::move(target));
  ANNOD_RETURN_IF_ERROR(output->WriteHeading());
  return output;
}

}  // namespace annod::ctl
