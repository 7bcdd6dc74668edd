#include "client/ctl/server/export_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

constexpr size_t kFileBufferBytes = 1 << 18;

// Bytes for a file, or for standard output.
class Sink {
 public:
  static absl::StatusOr<std::unique_ptr<Sink>> Open(const std::string& path,
                                                    bool force) {
    auto sink = std::make_unique<Sink>();
    sink->path_ = path;
    if (path == "-") return sink;
    ANNOD_ASSIGN_OR_RETURN(
        sink->place_, OutputFile::Prepare(FileSystem::Posix(), path, force));
    ANNOD_ASSIGN_OR_RETURN(sink->file_, FileSystem::Posix()->CreateFile(
                                            sink->place_->temporary_path()));
    return sink;
  }

  const std::string& path() const { return path_; }

  // To be called once something is in buffer().
  absl::Status Grown() {
    return buffer_.size() < kFileBufferBytes ? absl::OkStatus() : Flush();
  }
  std::string* buffer() { return &buffer_; }

  // Ends the writing; `head`, if not empty, replaces the first bytes.
  absl::Status Commit(absl::string_view head = "") {
    ANNOD_RETURN_IF_ERROR(Flush());
    if (file_ == nullptr) {
      if (std::fflush(stdout) == 0) return absl::OkStatus();
      return absl::ErrnoToStatus(errno, "standard output");
    }
    ANNOD_RETURN_IF_ERROR(file_->Sync());
    ANNOD_RETURN_IF_ERROR(file_->Close());
    if (!head.empty()) ANNOD_RETURN_IF_ERROR(Patch(head));
    return place_->Commit();
  }

 private:
  absl::Status Flush() {
    absl::Status status;
    if (file_ != nullptr) {
      status = file_->Append(buffer_);
    } else if (std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) !=
               buffer_.size()) {
      status = absl::ErrnoToStatus(errno, "standard output");
    }
    buffer_.clear();
    return status;
  }

  absl::Status Patch(absl::string_view head) {
    const std::string& path = place_->temporary_path();
    std::FILE* const file = std::fopen(path.c_str(), "r+be");
    if (file == nullptr) return absl::ErrnoToStatus(errno, path);
    bool good = std::fwrite(head.data(), 1, head.size(), file) == head.size();
    good = std::fflush(file) == 0 && good;
    good = fsync(fileno(file)) == 0 && good;
    const int error = errno;
    good = std::fclose(file) == 0 && good;
    return good ? absl::OkStatus() : absl::ErrnoToStatus(error, path);
  }

  std::string path_;
  std::unique_ptr<OutputFile> place_;
  std::unique_ptr<WritableFile> file_;  // null: standard output
  std::string buffer_;
};

// Read back as the same float32, the sign of zero included.
std::string Number(float value) {
  if (value == 0 && std::signbit(value)) return "-0.0";
  return FormatFloat(value);
}

void AppendNumbers(const std::vector<float>& vector, std::string* out) {
  for (size_t i = 0; i < vector.size(); ++i) {
    absl::StrAppend(out, i > 0 ? "," : "", Number(vector[i]));
  }
}

absl::Status CannotHold(const client::StoredItem& item,
                        absl::string_view format) {
  return absl::InvalidArgumentError(
      absl::StrCat("the label of item ", item.id, " holds a line break, which ",
                   format, " cannot keep; write .jsonl"));
}

class JsonLinesWriter final : public ExportWriter {
 public:
  explicit JsonLinesWriter(std::unique_ptr<Sink> sink)
      : sink_(std::move(sink)) {}

  absl::Status Add(const client::StoredItem& item) override {
    std::string* const out = sink_->buffer();
    absl::StrAppend(out, "{\"id\":", item.id);
    if (!item.label.empty()) {
      absl::StrAppend(out, ",\"label\":", Json(item.label).dump());
    }
    absl::StrAppend(out, ",\"vector\":[");
    AppendNumbers(item.vector, out);
    absl::StrAppend(out, "]}\n");
    return sink_->Grown();
  }

  absl::StatusOr<std::vector<std::string>> Finish() override {
    ANNOD_RETURN_IF_ERROR(sink_->Commit());
    return std::vector<std::string>{sink_->path()};
  }

 private:
  const std::unique_ptr<Sink> sink_;
};

class CsvWriter final : public ExportWriter {
 public:
  CsvWriter(std::unique_ptr<Sink> sink, const ExportOptions& options)
      : sink_(std::move(sink)) {
    std::string* const out = sink_->buffer();
    *out = "id,label";
    for (int i = 0; i < options.dim; ++i) {
      absl::StrAppend(out, ",",
                      options.feature_names.empty()
                          ? absl::StrCat("x", i)
                          : Quoted(options.feature_names[i]));
    }
    *out += '\n';
  }

  absl::Status Add(const client::StoredItem& item) override {
    if (absl::StrContains(item.label, '\r')) return CannotHold(item, ".csv");
    std::string* const out = sink_->buffer();
    absl::StrAppend(out, item.id, ",",
                    item.label.empty() ? "" : Quoted(item.label), ",");
    AppendNumbers(item.vector, out);
    *out += '\n';
    return sink_->Grown();
  }

  absl::StatusOr<std::vector<std::string>> Finish() override {
    ANNOD_RETURN_IF_ERROR(sink_->Commit());
    return std::vector<std::string>{sink_->path()};
  }

 private:
  static std::string Quoted(const std::string& text) {
    return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}),
                        "\"");
  }

  const std::unique_ptr<Sink> sink_;
};

// Vectors as an array, labels and ids in files beside it where they are needed.
class NpyWriter final : public ExportWriter {
 public:
  static absl::StatusOr<std::unique_ptr<ExportWriter>> Create(
      const ExportOptions& options) {
    auto writer = std::make_unique<NpyWriter>(options.dim);
    ANNOD_ASSIGN_OR_RETURN(writer->vectors_,
                           Sink::Open(options.path, options.force));
    ANNOD_ASSIGN_OR_RETURN(
        writer->labels_,
        Sink::Open(CompanionPath(options.path, "labels"), options.force));
    ANNOD_ASSIGN_OR_RETURN(
        writer->ids_,
        Sink::Open(CompanionPath(options.path, "ids"), options.force));
    *writer->vectors_->buffer() = writer->Head();
    return writer;
  }
  explicit NpyWriter(int dim) : dim_(dim) {}

  absl::Status Add(const client::StoredItem& item) override {
    if (item.label.find_first_of("\r\n") != std::string::npos) {
      return CannotHold(item, "a file of labels");
    }
    vectors_->buffer()->append(
        reinterpret_cast<const char*>(item.vector.data()),
        item.vector.size() * sizeof(float));
    absl::StrAppend(labels_->buffer(), item.label, "\n");
    absl::StrAppend(ids_->buffer(), item.id, "\n");
    has_labels_ = has_labels_ || !item.label.empty();
    has_ids_ = has_ids_ || item.id != rows_;
    ++rows_;
    ANNOD_RETURN_IF_ERROR(labels_->Grown());
    ANNOD_RETURN_IF_ERROR(ids_->Grown());
    return vectors_->Grown();
  }

  absl::StatusOr<std::vector<std::string>> Finish() override {
    std::vector<std::string> files = {vectors_->path()};
    if (has_labels_) {
      ANNOD_RETURN_IF_ERROR(labels_->Commit());
      files.push_back(labels_->path());
    }
    if (has_ids_) {
      ANNOD_RETURN_IF_ERROR(ids_->Commit());
      files.push_back(ids_->path());
    }
    ANNOD_RETURN_IF_ERROR(vectors_->Commit(Head()));
    return files;
  }

 private:
  // numpy.lib.format version 1, as long for any number of rows.
  std::string Head() const {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                  "vectors are written as they lie in memory");
    constexpr size_t kBytes = 128;
    std::string head("\x93NUMPY\x01\0\x76\0", 10);
    absl::StrAppend(&head,
                    "{'descr': '<f4', 'fortran_order': False, 'shape': (",
                    rows_, ", ", dim_, "), }");
    head.resize(kBytes - 1, ' ');
    head += '\n';
    return head;
  }

  const int dim_;
  std::unique_ptr<Sink> vectors_, labels_, ids_;
  int64_t rows_ = 0;
  bool has_labels_ = false, has_ids_ = false;
};

}  // namespace

std::string CompanionPath(const std::string& npy_path,
                          const std::string& what) {
  return absl::StrCat(absl::StripSuffix(npy_path, ".npy"), ".", what, ".txt");
}

absl::StatusOr<std::unique_ptr<ExportWriter>> ExportWriter::Create(
    const ExportOptions& options) {
  if (options.format == ExportFormat::kNpy) return NpyWriter::Create(options);
  ANNOD_ASSIGN_OR_RETURN(auto sink, Sink::Open(options.path, options.force));
  if (options.format == ExportFormat::kCsv) {
    return std::make_unique<CsvWriter>(std::move(sink), options);
  }
  return std::make_unique<JsonLinesWriter>(std::move(sink));
}

}  // namespace annod::ctl
