#ifndef ANNOD_CLIENT_INPUT_LINE_READER_H_
#define ANNOD_CLIENT_INPUT_LINE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod::input {

// Lines of a text file or pipe, plain or gzip-compressed (told by its first
// bytes). A byte order mark of UTF-8 is passed over; UTF-16 and UTF-32 are
// refused by name. Lines end with "\n", "\r\n", or, in a file without "\n",
// "\r". One thread at a time.
class LineReader {
 public:
  // "-" is standard input. Errors call the file `name`, or by its path. Opens
  // once only, as pipes need. NotFound, PermissionDenied, InvalidArgument (a
  // directory).
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(
      const std::string& path, std::string name = "");
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Reads a line into `*line`, without its end; false at the end of the file.
  // InvalidArgument for a line longer than kMaxInputLineBytes and for a damaged
  // or cut gzip stream.
  absl::StatusOr<bool> Next(std::string* line);

  // What comes next, at most a few 100,000 bytes, all of a shorter file.
  absl::StatusOr<absl::string_view> Peek();
  // The next bytes as they are, some of them; none at the end.
  absl::StatusOr<absl::string_view> NextBytes();

  // For errors.
  const std::string& path() const { return path_; }
  // Number of the line read last, from 1.
  int64_t line_number() const { return line_number_; }

  // InvalidArgument "PATH: line N: WHAT", of the line read last or another.
  absl::Status Error(absl::string_view what) const;
  absl::Status ErrorAt(int64_t line, absl::string_view what) const;

 private:
  // Takes the descriptor.
  LineReader(std::string path, int fd);

  // Reads more of the file; at the end end_ becomes true.
  absl::Status Fill();
  // Looks at the first bytes, before the first line.
  absl::Status Begin();

  class Unpacker;

  const std::string path_;
  const std::unique_ptr<Unpacker> file_;
  std::string buffer_;
  size_t begin_ = 0;  // of the unread part of buffer_
  bool begun_ = false;
  bool end_ = false;
  char line_end_ = '\n';
  int64_t line_number_ = 0;
};

// Whether a file that begins with `bytes` is compressed by gzip.
bool IsGzip(absl::string_view bytes);

// What `bytes` begin, if that is known to be no file of vectors that a reader
// takes as it is: "a ZIP archive, ...", "a web page, ..."; else empty.
absl::string_view OtherContents(absl::string_view bytes);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_LINE_READER_H_
