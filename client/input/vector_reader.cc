#include "client/input/vector_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "client/input/line_reader.h"
#include "client/input/spool.h"
#include "core/status_macros.h"

namespace annod {
namespace {

using input::BinaryFile;
using input::LineReader;

// A name as the command line gives it.
struct InputName {
  std::string path;     // without ":NAME"
  std::string format;   // empty: not told
  std::string member;   // of an archive; empty: not told
  bool packed = false;  // by gzip, says the name
};

struct Ending {
  absl::string_view ending;
  absl::string_view format;
  bool has_members = false;
};
constexpr Ending kEndings[] = {
    {".npy", "npy"},       {".npz", "npz", true}, {".fvecs", "fvecs"},
    {".bvecs", "bvecs"},   {".ivecs", "ivecs"},   {".hdf5", "hdf5", true},
    {".h5", "hdf5", true}, {".csv", "csv"},       {".tsv", "csv"},
    {".vec", "vec"},       {".txt", "text"},      {".jsonl", "jsonl"},
    {".ndjson", "jsonl"},
};
constexpr absl::string_view kEndingsText =
    ".npy, .npz, .fvecs, .bvecs, .hdf5, .h5, .csv, .tsv, .vec, .txt, .jsonl or "
    ".ndjson, also with .gz";

// Instead of files that are not read.
constexpr absl::string_view kSaveArray =
    "such files are not read; write the array as .npy, with numpy.save";
constexpr absl::string_view kSaveTable =
    "tables of a spreadsheet are not read; save the table as .csv";

InputName Parse(const std::string& path) {
  const std::string lower = absl::AsciiStrToLower(path);
  InputName name{path, "", ""};
  absl::string_view ending = lower;
  name.packed = absl::ConsumeSuffix(&ending, ".gz");
  for (const Ending& e : kEndings) {
    if (absl::EndsWith(ending, e.ending)) name.format = std::string(e.format);
  }
  if (!name.format.empty()) return name;
  for (const Ending& e : kEndings) {
    if (!e.has_members) continue;
    const size_t at = lower.rfind(absl::StrCat(e.ending, ":"));
    if (at == std::string::npos) continue;
    return {path.substr(0, at + e.ending.size()), std::string(e.format),
            path.substr(at + e.ending.size() + 1)};
  }
  return name;
}

bool IsText(absl::string_view format) {
  return format == "csv" || format == "vec" || format == "jsonl" ||
         format == "text";
}

// What is no file on a disk may be read once only, and has no telling name.
bool IsStream(const std::string& path) {
  struct stat info;
  return path == "-" ||
         (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode));
}
bool HasNoEnding(const std::string& path) {
  return IsStream(path) || absl::StartsWith(path, "/dev/") ||
         absl::StartsWith(path, "/proc/");
}

// What errors call the file.
std::string NameOf(const std::string& path,
                   const VectorReaderOptions& options) {
  if (!options.name.empty()) return options.name;
  return path == "-" ? "standard input" : path;
}

// Whether lines of words and numbers are a .vec file: separated by blanks
// alone, and the first is a header or begins with a word.
bool LooksLikeVec(absl::string_view text) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(text, absl::MaxSplits(absl::ByAnyChar("\r\n"), 1));
  if (lines[0].find_first_of(",;|\t") != absl::string_view::npos) return false;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(lines[0], ' ', absl::SkipEmpty());
  if (fields.size() < 2) return false;
  float number;
  if (!input::ParseComponent(fields[0], &number)) {
    return input::ParseComponent(fields.back(), &number);
  }
  if (fields.size() > 2 || lines.size() < 2) return false;
  // "2 3": a header if a word follows, which may be a number before three more.
  const absl::string_view rest = absl::StripLeadingAsciiWhitespace(lines[1]);
  const std::vector<absl::string_view> next = absl::StrSplit(
      rest.substr(0, rest.find_first_of("\r\n")), ' ', absl::SkipEmpty());
  if (next.empty()) return false;
  if (!input::ParseComponent(next[0], &number)) return true;
  int64_t count, dim;
  return absl::SimpleAtoi(fields[0], &count) &&
         absl::SimpleAtoi(fields[1], &dim) && dim > 1 &&
         next.size() - 1 == static_cast<uint64_t>(dim);
}

std::string FormatOf(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\x93NUMPY")) return "npy";
  if (absl::StartsWith(bytes, "PK\x03\x04")) return "npz";
  if (absl::StartsWith(bytes, "\x89HDF\r\n\x1a\n")) return "hdf5";
  if (absl::StartsWith(bytes, "PAR1")) return "parquet";
  if (absl::StartsWith(bytes, "ARROW1")) return "arrow";
  absl::ConsumePrefix(&bytes, "\xEF\xBB\xBF");
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(bytes);
  if (absl::StartsWith(text, "{") || absl::StartsWith(text, "[")) {
    return "jsonl";
  }
  return LooksLikeVec(text) ? "vec" : "csv";
}

absl::Status UnknownFormat(const std::string& path) {
  const std::string lower = absl::AsciiStrToLower(path);
  for (const auto& [ending, what] :
       std::initializer_list<std::pair<absl::string_view, absl::string_view>>{
           {".ann",
            "an Annoy file is no list of vectors: annodctl deserialize "
            "or attach makes an index of it"},
           {".pkl", kSaveArray},
           {".pickle", kSaveArray},
           {".pt", kSaveArray},
           {".pth", kSaveArray},
           {".safetensors", kSaveArray},
           {".mat", kSaveArray},
           {".fbin", kSaveArray},
           {".u8bin", kSaveArray},
           {".i8bin", kSaveArray},
           {".bin", kSaveArray},
           {".xlsx", kSaveTable},
           {".xls", kSaveTable},
           {".ods", kSaveTable}}) {
    if (!absl::EndsWith(lower, ending)) continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
  }
  for (const absl::string_view ending :
       {".parquet", ".arrow", ".feather", ".orc"}) {
    if (!absl::EndsWith(lower, ending)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", ending,
                     " files are not read; write the columns as .npy, "
                     ".csv or .jsonl, for instance with pandas or pyarrow"));
  }
  for (const auto& [ending, unpack] :
       std::initializer_list<std::pair<absl::string_view, absl::string_view>>{
           {".bz2", "bzcat"},
           {".xz", "xzcat"},
           {".zst", "zstdcat"},
           {".lz4", "lz4cat"},
           {".zip", "unzip -p"}}) {
    if (!absl::EndsWith(lower, ending)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": of compressed files only .gz is read; unpack it, or pipe it: ",
        unpack, " FILE | annodctl ... -"));
  }
  if (absl::EndsWith(lower, ".json")) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": JSON is read a row a line (.jsonl, or --input_format jsonl); ",
        "jq -c '.[]' FILE writes the rows of one large array so"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": the name tells no known format; it must end with ",
                   kEndingsText, ", or --input_format say what it is"));
}

// The first bytes of a file, fewer if it is shorter.
absl::StatusOr<std::string> Start(const BinaryFile& file) {
  std::string start(std::min<int64_t>(file.size(), 32), '\0');
  ANNOD_RETURN_IF_ERROR(file.ReadAt(0, start.data(), start.size()));
  return start;
}

// Refuses what is known to be something else, by its name.
absl::Status CheckContents(const BinaryFile& file, const std::string& format) {
  ANNOD_ASSIGN_OR_RETURN(const std::string start, Start(file));
  const absl::string_view contents = input::OtherContents(start);
  if (contents.empty() || FormatOf(start) == format) return absl::OkStatus();
  int32_t dim;
  std::memcpy(&dim, start.data(), std::min(start.size(), sizeof(dim)));
  if (absl::EndsWith(format, "vecs") && dim >= 1 && dim <= kMaxInputDim) {
    return absl::OkStatus();  // the count of a row
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file.path(), ": not ", format, ": it is ", contents));
}

absl::StatusOr<std::unique_ptr<VectorReader>> OpenBinary(
    std::unique_ptr<BinaryFile> file, const std::string& format,
    const std::string& member, const VectorReaderOptions& options) {
  ANNOD_RETURN_IF_ERROR(CheckContents(*file, format));
  if (format == "npy") return input::OpenNpy(std::move(file), options.missing);
  if (format == "npz") {
    return input::OpenNpz(std::move(file), member, options.missing);
  }
  if (format == "hdf5") {
    return input::OpenHdf5(std::move(file), member.empty() ? "train" : member,
                           options.missing);
  }
  if (format == "fvecs" || format == "bvecs") {
    return input::OpenVecs(std::move(file),
                           format == "fvecs" ? input::ComponentType::kF32
                                             : input::ComponentType::kU8,
                           options.missing);
  }
  if (format == "ivecs") {
    if (options.ids_wanted) {
      return input::OpenVecs(std::move(file), input::ComponentType::kI32,
                             options.missing);
    }
    return absl::InvalidArgumentError(
        absl::StrCat(file->path(),
                     ": .ivecs holds ids of neighbours, not vectors; vectors "
                     "are in the .fvecs or .bvecs file beside it"));
  }
  return UnknownFormat(
      format.empty() ? file->path() : absl::StrCat(file->path(), ".", format));
}

absl::StatusOr<std::unique_ptr<VectorReader>> OpenText(
    std::unique_ptr<LineReader> lines, std::string format,
    const VectorReaderOptions& options) {
  if (format == "text") {
    ANNOD_ASSIGN_OR_RETURN(const absl::string_view first, lines->Peek());
    format = FormatOf(first);
  }
  if (format == "vec") return input::OpenVec(std::move(lines), options);
  if (format == "jsonl") return input::OpenJsonLines(std::move(lines), options);
  return input::OpenCsv(std::move(lines), options);
}

absl::StatusOr<std::unique_ptr<VectorReader>> OpenRows(
    const std::string& path, const VectorReaderOptions& options) {
  InputName name = Parse(path);
  if (!options.format.empty()) {
    name.format = options.format;
    struct stat info;
    if (name.member.empty() || stat(path.c_str(), &info) == 0) {
      name.path = path;
      name.member.clear();
    }
  }
  const bool stream = IsStream(name.path);
  const bool sniff = name.format.empty() && HasNoEnding(name.path);
  if (name.format.empty() && !sniff) {
    ANNOD_RETURN_IF_ERROR(LineReader::Open(name.path).status());
    return UnknownFormat(path);
  }
  if (!sniff && !stream && !name.packed && !IsText(name.format)) {
    ANNOD_ASSIGN_OR_RETURN(auto file,
                           BinaryFile::Open(name.path, options.name));
    ANNOD_ASSIGN_OR_RETURN(const std::string start, Start(*file));
    if (!input::IsGzip(start)) {
      return OpenBinary(std::move(file), name.format, name.member, options);
    }
  }
  ANNOD_ASSIGN_OR_RETURN(auto lines, LineReader::Open(name.path, options.name));
  if (sniff) {
    ANNOD_ASSIGN_OR_RETURN(const absl::string_view first, lines->Peek());
    name.format = FormatOf(first);
  }
  if (IsText(name.format)) {
    return OpenText(std::move(lines), name.format, options);
  }
  ANNOD_ASSIGN_OR_RETURN(auto file, input::Spool(lines.get()));
  return OpenBinary(std::move(file), name.format, name.member, options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenVectorFile(
    const std::string& path, const VectorReaderOptions& options) {
  int of_standard_input = 0;
  for (const std::string* const one :
       {&path, &options.labels_path, &options.ids_path}) {
    if (*one == "-") ++of_standard_input;
  }
  if (of_standard_input > 1) {
    return absl::InvalidArgumentError(
        "'-' is given more than once: standard input is read once");
  }
  ANNOD_ASSIGN_OR_RETURN(auto rows, OpenRows(path, options));
  if (rows->row_count() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(NameOf(path, options), ": the file holds no vector"));
  }
  ANNOD_ASSIGN_OR_RETURN(
      rows, input::WithBits(std::move(rows), NameOf(path, options), options));
  return input::WithCompanions(std::move(rows), options);
}

absl::StatusOr<RereadableFile> RereadableFile::Open(
    const std::string& path, VectorReaderOptions options) {
  RereadableFile file;
  file.path_ = path;
  file.options_ = std::move(options);
  if (!IsStream(path)) return file;
  ANNOD_ASSIGN_OR_RETURN(const auto lines,
                         LineReader::Open(path, file.options_.name));
  ANNOD_ASSIGN_OR_RETURN(std::shared_ptr<BinaryFile> copy,
                         input::Spool(lines.get()));
  file.options_.name = copy->path();
  file.path_ = absl::StrCat("/proc/self/fd/", copy->descriptor());
  file.copy_ = std::move(copy);
  return file;
}

}  // namespace annod
