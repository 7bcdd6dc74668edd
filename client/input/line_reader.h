#ifndef ANNOD_CLIENT_INPUT_LINE_READER_H_
#define ANNOD_CLIENT_INPUT_LINE_READER_H_

#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod::input {

// Lines of a text file, plain or gzip-compressed (told by its first bytes).
class LineReader {
 public:
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(
      const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Reads a line into `*line`, without its end ("\n" or "\r\n"); false at the
  // end of the file. DataLoss for a line longer than kMaxInputLineBytes and for
  // a damaged or cut gzip stream.
  absl::StatusOr<bool> Next(std::string* line);

  const std::string& path() const { return path_; }
  // Number of the line read last, from 1.
  int64_t line_number() const { return line_number_; }

  // DataLoss "PATH: line N: WHAT".
  absl::Status Error(absl::string_view what) const;

 private:
  LineReader(std::string path, gzFile file)
      : path_(std::move(path)), file_(file) {}

  // Reads more of the file; at the end end_ becomes true.
  absl::Status Fill();

  const std::string path_;
  gzFile const file_;
  std::string buffer_;
  size_t begin_ = 0;  // of the unread part of buffer_
  bool end_ = false;
  int64_t line_number_ = 0;
};

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_LINE_READER_H_
