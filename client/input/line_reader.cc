#include "client/input/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/input/binary_file.h"
#include "client/input/limits.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

constexpr size_t kReadBytes = 1 << 18;
// UTF-16 without a mark shows within the first characters.
constexpr size_t kNulBytes = 4096;

// Name of the encoding that text starting with `bytes` has, if it is not UTF-8.
absl::string_view OtherEncoding(absl::string_view bytes) {
  if (absl::StartsWith(bytes, absl::string_view("\xFF\xFE\0\0", 4)) ||
      absl::StartsWith(bytes, absl::string_view("\0\0\xFE\xFF", 4))) {
    return "UTF-32";
  }
  if (absl::StartsWith(bytes, "\xFF\xFE") ||
      absl::StartsWith(bytes, "\xFE\xFF")) {
    return "UTF-16";
  }
  return "";
}

// What files begin with that are no text, and what to do with them.
struct Magic {
  absl::string_view bytes, what;
};
constexpr Magic kMagics[] = {
    {"BZh91AY&SY", "compressed by bzip2; unpack it first, as with bzcat"},
    {"\xFD"
     "7zXZ",
     "compressed by xz; unpack it first, as with xzcat"},
    {"\x28\xB5\x2F\xFD",
     "compressed by zstd; unpack it first, as with zstdcat"},
    {"\x04\x22\x4D\x18", "compressed by lz4; unpack it first, as with lz4cat"},
    {"\x1F\x9D", "compressed by compress; unpack it first, as with zcat"},
    {"7z\xBC\xAF\x27\x1C", "a 7-Zip archive; unpack it first"},
    {"PK\x03\x04",
     "a ZIP archive, as .zip, .xlsx and .npz files are; unpack it first, or "
     "save the table as .csv"},
    {"\xD0\xCF\x11\xE0", "an old Office file; save the table as .csv"},
    {"\x93NUMPY", "a .npy array (--input_format npy)"},
    {"\x89HDF\r\n", "an HDF5 file (--input_format hdf5)"},
    {"\x1F\x8B\x08", "compressed twice by gzip; unpack it once, as with zcat"},
    {"version https://git-lfs",
     "a Git LFS pointer; git lfs pull fetches the "
     "file"},
    {"<!DOCTYPE", "a web page; was the download refused?"},
    {"<!doctype", "a web page; was the download refused?"},
    {"<html", "a web page; was the download refused?"},
    {"%PDF-", "a PDF document"},
    {"PAR1", "a Parquet file; write the columns as .npy or .csv"},
    {"ARROW1", "an Arrow file; write the columns as .npy or .csv"},
};

// Whether binary data begin as word2vec's: "count dim", a line end.
bool IsWord2Vec(absl::string_view bytes) {
  const size_t end = bytes.find('\n');
  if (end == absl::string_view::npos || end > 40) return false;
  const std::vector<absl::string_view> numbers =
      absl::StrSplit(bytes.substr(0, end), ' ', absl::SkipEmpty());
  int64_t ignored;
  return numbers.size() == 2 && absl::SimpleAtoi(numbers[0], &ignored) &&
         absl::SimpleAtoi(numbers[1], &ignored);
}

// Whether "\r" alone ends lines.
bool HasLoneReturns(absl::string_view text) {
  const size_t at = text.find('\r');
  return at != absl::string_view::npos && at + 1 < text.size() &&
         !absl::StrContains(text, '\n');
}

}  // namespace

absl::string_view OtherContents(absl::string_view bytes) {
  for (const Magic& magic : kMagics) {
    if (absl::StartsWith(bytes, magic.bytes)) return magic.what;
  }
  return "";
}

bool IsGzip(absl::string_view bytes) {
  return absl::StartsWith(bytes, "\x1F\x8B\x08");
}

// The bytes of a file, unpacked if they are members of gzip (RFC 1952), one
// behind the other. gzread() takes the first bytes that are none for the end,
// and rows behind a damaged member would be lost without a word.
class LineReader::Unpacker {
 public:
  explicit Unpacker(int fd) : fd_(fd), buffer_(kReadBytes, '\0') {}
  ~Unpacker() {
    if (packed_) inflateEnd(&stream_);
    close(fd_);
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // Some bytes, at least one; 0: the end. InvalidArgument says why not.
  absl::StatusOr<size_t> Read(char* out, size_t bytes) {
    if (!begun_) ANNOD_RETURN_IF_ERROR(Begin());
    if (!packed_) {
      if (stream_.avail_in == 0) ANNOD_RETURN_IF_ERROR(More());
      bytes = std::min<size_t>(bytes, stream_.avail_in);
      std::memcpy(out, stream_.next_in, bytes);
      Skip(bytes);
      return bytes;
    }
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(bytes);
    while (stream_.avail_out == bytes) {
      if (between_) {
        ANNOD_ASSIGN_OR_RETURN(const bool next, NextMember());
        if (!next) return 0;
      }
      if (stream_.avail_in == 0) ANNOD_RETURN_IF_ERROR(More());
      if (stream_.avail_in == 0) {
        return absl::InvalidArgumentError("the compressed file ends early");
      }
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        between_ = true;
      } else if (result != Z_OK) {
        return absl::InvalidArgumentError(
            stream_.msg == nullptr ? "cannot be unpacked" : stream_.msg);
      }
    }
    return bytes - stream_.avail_out;
  }

 private:
  // Reads on behind what is left of the input.
  absl::Status More() {
    std::memmove(&buffer_[0], stream_.next_in, stream_.avail_in);
    stream_.next_in = reinterpret_cast<Bytef*>(&buffer_[0]);
    ssize_t got;
    do {
      got = read(fd_, &buffer_[stream_.avail_in],
                 buffer_.size() - stream_.avail_in);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return absl::InvalidArgumentError(std::strerror(errno));
    stream_.avail_in += static_cast<uInt>(got);
    end_ = got == 0;
    return absl::OkStatus();
  }

  void Skip(size_t bytes) {
    stream_.next_in += bytes;
    stream_.avail_in -= static_cast<uInt>(bytes);
  }

  // Whether a member begins here, whose first bytes may come one by one.
  absl::StatusOr<bool> MemberBegins() {
    while (stream_.avail_in < 3 && !end_) ANNOD_RETURN_IF_ERROR(More());
    return IsGzip(absl::string_view(
        reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in));
  }

  absl::Status Begin() {
    begun_ = true;
    stream_.next_in = reinterpret_cast<Bytef*>(&buffer_[0]);
    ANNOD_ASSIGN_OR_RETURN(packed_, MemberBegins());
    constexpr int kGzipOnly = 16;
    if (packed_ && inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) {
      packed_ = false;
      return absl::ResourceExhaustedError("no memory to unpack");
    }
    return absl::OkStatus();
  }

  // Begins the next member; false at the end, before which zeros may stand.
  absl::StatusOr<bool> NextMember() {
    ANNOD_ASSIGN_OR_RETURN(const bool begins, MemberBegins());
    if (begins) {
      between_ = false;
      inflateReset(&stream_);
      return true;
    }
    do {
      while (stream_.avail_in > 0) {
        if (*stream_.next_in != 0) {
          return absl::InvalidArgumentError(
              "what follows the compressed bytes is not compressed: the file "
              "is damaged, or joined of files that are and files that are not");
        }
        Skip(1);
      }
      ANNOD_RETURN_IF_ERROR(More());
    } while (!end_);
    return false;
  }

  const int fd_;
  std::string buffer_;
  z_stream stream_ = {};
  bool begun_ = false, packed_ = false, end_ = false;
  bool between_ = false;  // members
};

LineReader::LineReader(std::string path, int fd)
    : path_(std::move(path)), file_(std::make_unique<Unpacker>(fd)) {}

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(
    const std::string& path, std::string name) {
  const bool standard = path == "-";
  if (name.empty()) name = standard ? "standard input" : path;
  const int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                          : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(name, errno);
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": a directory, not a file"));
  }
  return std::unique_ptr<LineReader>(new LineReader(std::move(name), fd));
}

LineReader::~LineReader() = default;

absl::Status LineReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t old = buffer_.size();
  buffer_.resize(old + kReadBytes);
  const absl::StatusOr<size_t> got = file_->Read(&buffer_[old], kReadBytes);
  buffer_.resize(old + (got.ok() ? *got : 0));
  end_ = !got.ok() || *got == 0;
  if (got.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path_,
      line_number_ == 0 ? "" : absl::StrCat(": after line ", line_number_),
      ": ", got.status().message()));
}

absl::StatusOr<absl::string_view> LineReader::Peek() {
  if (begin_ == buffer_.size() && !end_) ANNOD_RETURN_IF_ERROR(Fill());
  return absl::string_view(buffer_).substr(begin_);
}

absl::StatusOr<absl::string_view> LineReader::NextBytes() {
  ANNOD_ASSIGN_OR_RETURN(const absl::string_view bytes, Peek());
  begin_ = buffer_.size();
  return bytes;
}

absl::Status LineReader::Begin() {
  begun_ = true;
  ANNOD_ASSIGN_OR_RETURN(const absl::string_view text, Peek());
  const absl::string_view contents = OtherContents(text);
  if (!contents.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": not text: it is ", contents));
  }
  absl::string_view encoding = OtherEncoding(text);
  const size_t nul = text.substr(0, kNulBytes).find('\0');
  if (encoding.empty() && nul != absl::string_view::npos) {
    const bool every_other =
        nul < 2 && text.size() > nul + 2 && text[nul + 2] == '\0';
    if (nul > 3 || (nul < 2 && !every_other)) {
      return ErrorAt(
          1, absl::StrCat("byte ", nul, " is zero: not text, or UTF-16",
                          IsWord2Vec(text)
                              ? "; as word2vec's binary format begins, which "
                                "is not read: write the vectors as text"
                              : ""));
    }
    if (text.size() > 3 && text[2] == '\0' && text[3] == '\0') {
      return ErrorAt(1,
                     "bytes 2 and 3 are zero: not text; --input_format tells "
                     "fvecs and bvecs");
    }
    encoding = "UTF-16 without a byte order mark";
  }
  if (!encoding.empty()) {
    return ErrorAt(1, absl::StrCat("the text is ", encoding,
                                   ", not UTF-8; convert it: iconv -f ",
                                   encoding.substr(0, 6), " -t UTF-8"));
  }
  if (HasLoneReturns(text)) line_end_ = '\r';
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) begin_ += 3;
  return absl::OkStatus();
}

absl::StatusOr<bool> LineReader::Next(std::string* line) {
  if (!begun_) ANNOD_RETURN_IF_ERROR(Begin());
  size_t scanned = 0;
  while (true) {
    const size_t end = buffer_.find(line_end_, begin_ + scanned);
    if (end != std::string::npos) {
      line->assign(buffer_, begin_, end - begin_);
      begin_ = end + 1;
      break;
    }
    scanned = buffer_.size() - begin_;
    if (scanned > kMaxInputLineBytes) {
      return ErrorAt(
          line_number_ + 1,
          absl::StrCat("longer than ", kMaxInputLineBytes, " bytes"));
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
  return ErrorAt(line_number_, what);
}

absl::Status LineReader::ErrorAt(int64_t line, absl::string_view what) const {
  if (line == 0) {  // before the first
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", what));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": line ", line, ": ", what));
}

}  // namespace annod::input
