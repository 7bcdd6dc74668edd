#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/input/fixed_rows.h"
#include "client/input/formats.h"
#include "client/input/zip_archive.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {
namespace {

// numpy.lib.format: magic, version, header length, then a Python dict literal
// such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMaxHeaderBytes = 1 << 16;

struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  int64_t rows = 0;
  int64_t dim = 0;
};

absl::Status BadHeader(const std::string& path, absl::string_view what,
                       absl::string_view header) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": .npy header ", what, ": \"",
                   ForMessage(absl::StripAsciiWhitespace(header), 200), "\""));
}

// The text behind 'key': in the header, leading blanks removed; empty if there
// is no such key.
absl::string_view ValueOf(absl::string_view header, absl::string_view key) {
  for (const char* quote : {"'", "\""}) {
    const std::string quoted = absl::StrCat(quote, key, quote);
    const size_t at = header.find(quoted);
    if (at == absl::string_view::npos) continue;
    absl::string_view rest =
        absl::StripLeadingAsciiWhitespace(header.substr(at + quoted.size()));
    if (rest.empty() || rest[0] != ':') return "";
    return absl::StripLeadingAsciiWhitespace(rest.substr(1));
  }
  return "";
}

absl::Status ParseHeader(const std::string& path, absl::string_view text,
                         NpyHeader* header) {
  const absl::string_view descr = ValueOf(text, "descr");
  if (absl::StartsWith(descr, "[")) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": an array of records with fields, not of numbers; ",
        "numpy.lib.recfunctions.structured_to_unstructured makes one of it"));
  }
  if (descr.size() < 2 || (descr[0] != '\'' && descr[0] != '"')) {
    return BadHeader(path, "has no plain number type in 'descr'", text);
  }
  const size_t end = descr.find(descr[0], 1);
  if (end == absl::string_view::npos) {
    return BadHeader(path, "has an open string in 'descr'", text);
  }
  header->descr = std::string(descr.substr(1, end - 1));

  const absl::string_view order = ValueOf(text, "fortran_order");
  if (absl::StartsWith(order, "True")) {
    header->fortran_order = true;
  } else if (!absl::StartsWith(order, "False")) {
    return BadHeader(path, "lacks 'fortran_order'", text);
  }

  absl::string_view shape = ValueOf(text, "shape");
  const size_t close = shape.find(')');
  if (shape.empty() || shape[0] != '(' || close == absl::string_view::npos) {
    return BadHeader(path, "lacks 'shape'", text);
  }
  std::vector<int64_t> sizes;
  for (absl::string_view size :
       absl::StrSplit(shape.substr(1, close - 1), ',')) {
    size = absl::StripAsciiWhitespace(size);
    if (size.empty()) continue;  // the comma behind a one-element tuple
    // Python 2 writes long integers so: 3L.
    if (size.size() > 1) absl::ConsumeSuffix(&size, "L");
    int64_t value;
    if (!absl::SimpleAtoi(size, &value) || value < 0) {
      return BadHeader(path, absl::StrCat("has shape entry '", size, "'"),
                       text);
    }
    sizes.push_back(value);
  }
  if (sizes.size() != 1 && sizes.size() != 2) {
    return BadHeader(
        path, absl::StrCat("has ", sizes.size(), " dimensions, not 1 or 2"),
        text);
  }
  header->rows = sizes.size() == 2 ? sizes[0] : 1;
  header->dim = sizes.back();
  return absl::OkStatus();
}

absl::StatusOr<ComponentFormat> FormatOf(const std::string& path,
                                         absl::string_view descr) {
  struct Entry {
    absl::string_view code;
    ComponentType type;
  };
  static constexpr Entry kTypes[] = {
      {"f2", ComponentType::kF16}, {"f4", ComponentType::kF32},
      {"f8", ComponentType::kF64}, {"i1", ComponentType::kI8},
      {"u1", ComponentType::kU8},  {"b1", ComponentType::kU8},
      {"i2", ComponentType::kI16}, {"u2", ComponentType::kU16},
      {"i4", ComponentType::kI32}, {"u4", ComponentType::kU32},
      {"i8", ComponentType::kI64}, {"u8", ComponentType::kU64},
  };
  for (const Entry& entry : kTypes) {
    if (descr.size() != 3 || descr.substr(1) != entry.code) continue;
    const bool one_byte = ComponentBytes(entry.type) == 1;
    ComponentFormat format{entry.type};
    format.boolean = entry.code == "b1";
    format.big_endian = descr[0] == '>';
    if (format.big_endian || descr[0] == '<' || descr[0] == '=' ||
        (one_byte && descr[0] == '|')) {
      return format;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": .npy type '", ForMessage(descr, 32),
      "' is not read; convert to float16, float32, float64 or an integer "
      "type"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenNpy(
    std::unique_ptr<BinaryFile> file, bool missing) {
  const std::string& path = file->path();
  unsigned char start[8];
  ANNOD_RETURN_IF_ERROR(file->Read(start, sizeof(start)));
  if (std::memcmp(start, kMagic, 6) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": does not start with the magic of a .npy file"));
  }
  if (start[6] < 1 || start[6] > 3) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": .npy version ", static_cast<int>(start[6]), " is not 1 to 3"));
  }
  unsigned char length[4] = {0, 0, 0, 0};
  const int length_bytes = start[6] == 1 ? 2 : 4;
  ANNOD_RETURN_IF_ERROR(file->Read(length, length_bytes));
  const uint32_t header_bytes = length[0] | length[1] << 8 | length[2] << 16 |
                                static_cast<uint32_t>(length[3]) << 24;
  if (header_bytes > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": .npy header of ", header_bytes,
                     " bytes; the limit is ", kMaxHeaderBytes));
  }
  std::string text(header_bytes, '\0');
  ANNOD_RETURN_IF_ERROR(file->Read(text.data(), text.size()));
  NpyHeader header;
  ANNOD_RETURN_IF_ERROR(ParseHeader(path, text, &header));
  ANNOD_ASSIGN_OR_RETURN(ComponentFormat format, FormatOf(path, header.descr));
  format.missing = missing;
  ANNOD_RETURN_IF_ERROR(CheckDim(path, header.dim));
  ANNOD_RETURN_IF_ERROR(CheckRows(path, header.rows));
  const int64_t begin =
      static_cast<int64_t>(sizeof(start)) + length_bytes + header_bytes;
  // Both factors are bounded above, so the product stays far below 2^63.
  const int64_t want =
      begin + header.rows * header.dim * ComponentBytes(format.type);
  if (file->size() != want) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": ", header.rows, " rows of ", header.dim, " ", header.descr,
        " need ", want, " bytes; the file has ", file->size()));
  }
  InputDescription description;
  description.format = "npy";
  const auto dim = static_cast<int>(header.dim);
  if (header.fortran_order && header.rows > 1 && header.dim > 1) {
    return std::make_unique<FortranRows>(std::move(file), begin, format, dim,
                                         header.rows, std::move(description));
  }
  return std::make_unique<FixedRows>(std::move(file), format, dim, header.rows,
                                     /*dim_prefix=*/false,
                                     std::move(description));
}

// Archives of numpy.savez: a .npy file for each array.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenNpz(
    std::unique_ptr<BinaryFile> file, const std::string& array, bool missing) {
  ANNOD_ASSIGN_OR_RETURN(std::vector<ZipEntry> entries,
                         ReadZipDirectory(*file));
  std::vector<std::string> names;
  const ZipEntry* found = nullptr;
  for (const ZipEntry& entry : entries) {
    absl::string_view name = entry.name;
    if (!absl::ConsumeSuffix(&name, ".npy")) continue;
    names.push_back(absl::StrCat("'", ForMessage(name), "'"));
    if (array.empty() || name == array) found = &entry;
  }
  const std::string path = file->path();
  if (names.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds no array (.npy)"));
  }
  constexpr size_t kMostNamed = 20;
  const std::string there = absl::StrJoin(
      names.begin(), names.begin() + std::min(names.size(), kMostNamed), ", ");
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        path, ": no array '", ForMessage(array), "'; there are ", there));
  }
  if (array.empty() && absl::c_linear_search(names, "'indptr'")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": a sparse matrix of scipy; write its .toarray() with "
                     "numpy.save"));
  }
  if (array.empty() && names.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds ", names.size(), " arrays: ", there,
                     "; choose one as FILE.npz:NAME"));
  }
  const std::string name = absl::StrCat(
      path, ":", ForMessage(absl::StripSuffix(found->name, ".npy")));
  ANNOD_ASSIGN_OR_RETURN(auto entry,
                         OpenZipEntry(std::move(file), *found, name));
  return OpenNpy(std::move(entry), missing);
}

}  // namespace annod::input
