#include "client/input/line_reader.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/input/binary_file.h"
#include "client/input/limits.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

constexpr size_t kReadBytes = 1 << 18;

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(
    const std::string& path) {
  // For its clear errors only.
  ANNOD_RETURN_IF_ERROR(BinaryFile::Open(path).status());
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) return ErrnoStatus(path, errno != 0 ? errno : ENOMEM);
  gzbuffer(file, kReadBytes);
  return std::unique_ptr<LineReader>(new LineReader(path, file));
}

LineReader::~LineReader() { gzclose(file_); }

absl::Status LineReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t old = buffer_.size();
  buffer_.resize(old + kReadBytes);
  const int got = gzread(file_, &buffer_[old], kReadBytes);
  buffer_.resize(old + (got > 0 ? got : 0));
  if (got > 0) return absl::OkStatus();
  end_ = true;
  int error = Z_OK;
  const char* message = gzerror(file_, &error);
  // A stream that is cut ends with Z_BUF_ERROR after its last whole block.
  if (got < 0 || (error != Z_OK && error != Z_STREAM_END)) {
    return absl::DataLossError(absl::StrCat(
        path_, ": after line ", line_number_, ": ",
        message != nullptr && *message ? message : "cannot be read"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LineReader::Next(std::string* line) {
  size_t scanned = 0;
  while (true) {
    const size_t newline = buffer_.find('\n', begin_ + scanned);
    if (newline != std::string::npos) {
      line->assign(buffer_, begin_, newline - begin_);
      begin_ = newline + 1;
      break;
    }
    scanned = buffer_.size() - begin_;
    if (scanned > kMaxInputLineBytes) {
      return absl::DataLossError(
          absl::StrCat(path_, ": line ", line_number_ + 1, ": longer than ",
                       kMaxInputLineBytes, " bytes"));
    }
    if (end_) {
      if (scanned == 0) return false;
      line->assign(buffer_, begin_, scanned);
      begin_ = buffer_.size();
      break;
    }
    ANNOD_RETURN_IF_ERROR(Fill());
  }
  ++line_number_;
  if (!line->empty() && line->back() == '\r') line->pop_back();
  return true;
}

absl::Status LineReader::Error(absl::string_view what) const {
  return absl::DataLossError(
      absl::StrCat(path_, ": line ", line_number_, ": ", what));
}

}  // namespace annod::input
