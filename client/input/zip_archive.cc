#include "client/input/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/input/spool.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

constexpr int64_t kEndBytes = 22;
constexpr int64_t kMaxCommentBytes = 65535;
constexpr int64_t kLocatorBytes = 20;
constexpr int64_t kEnd64Bytes = 56;
constexpr int64_t kEntryBytes = 46;
constexpr int64_t kLocalBytes = 30;
constexpr int64_t kMaxDirectoryBytes = 64 << 20;
constexpr uint32_t kMax32 = 0xffffffff;

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": not a whole ZIP archive: ", what));
}

// Little-endian numbers of a byte string whose bounds the caller has checked.
template <typename T>
T Number(absl::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// Replaces what does not fit into 32 bits by the numbers of the extra field.
void TakeZip64(absl::string_view extra, ZipEntry* entry) {
  while (extra.size() >= 4) {
    const auto kind = Number<uint16_t>(extra, 0);
    const size_t size =
        std::min<size_t>(Number<uint16_t>(extra, 2), extra.size() - 4);
    absl::string_view data = extra.substr(4, size);
    extra.remove_prefix(4 + size);
    if (kind != 1) continue;
    for (int64_t* number :
         {&entry->bytes, &entry->packed_bytes, &entry->header_offset}) {
      if (*number != kMax32 || data.size() < 8) continue;
      *number = Number<int64_t>(data, 0);
      data.remove_prefix(8);
    }
  }
}

// Where the directory lies.
struct Place {
  int64_t offset = 0, bytes = 0;
};

absl::StatusOr<Place> FindDirectory(const BinaryFile& file) {
  const int64_t size = std::min(file.size(), kEndBytes + kMaxCommentBytes);
  std::string tail(size, '\0');
  const int64_t begin = file.size() - size;
  ANNOD_RETURN_IF_ERROR(file.ReadAt(begin, tail.data(), tail.size()));
  const size_t end = tail.rfind("PK\x05\x06");
  if (end == std::string::npos ||
      static_cast<int64_t>(end) + kEndBytes > size) {
    return Damaged(file.path(), "it has no directory");
  }
  Place place;
  place.bytes = Number<uint32_t>(tail, end + 12);
  place.offset = Number<uint32_t>(tail, end + 16);
  const int64_t locator = begin + static_cast<int64_t>(end) - kLocatorBytes;
  if ((place.bytes != kMax32 && place.offset != kMax32) || locator < 0) {
    return place;
  }
  std::string bytes(kLocatorBytes, '\0');
  ANNOD_RETURN_IF_ERROR(file.ReadAt(locator, bytes.data(), bytes.size()));
  const auto end64 = Number<int64_t>(bytes, 8);
  bytes.resize(kEnd64Bytes);
  ANNOD_RETURN_IF_ERROR(file.ReadAt(end64, bytes.data(), bytes.size()));
  place.bytes = Number<int64_t>(bytes, 40);
  place.offset = Number<int64_t>(bytes, 48);
  return place;
}

// Unpacks what lies from `offset` on.
absl::Status Inflate(const BinaryFile& archive, int64_t offset,
                     const ZipEntry& entry, const std::string& name,
                     SpoolFile* out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return absl::InternalError("inflateInit2");
  }
  const absl::Cleanup end = [&stream] { inflateEnd(&stream); };
  std::string packed(1 << 18, '\0'), plain(1 << 18, '\0');
  int64_t left = entry.packed_bytes, bytes = 0;
  uint32_t crc = 0;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const auto size = std::min<int64_t>(left, packed.size());
      if (size == 0) return Damaged(name, "it ends early");
      ANNOD_RETURN_IF_ERROR(archive.ReadAt(offset, packed.data(), size));
      offset += size;
      left -= size;
      stream.next_in = reinterpret_cast<Bytef*>(packed.data());
      stream.avail_in = static_cast<uInt>(size);
    }
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) {
      return Damaged(name, stream.msg != nullptr ? stream.msg : "bad data");
    }
    const size_t got = plain.size() - stream.avail_out;
    bytes += static_cast<int64_t>(got);
    if (bytes > entry.bytes) return Damaged(name, "it is longer than it says");
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(plain.data()), got);
    ANNOD_RETURN_IF_ERROR(out->Append(absl::string_view(plain).substr(0, got)));
  }
  if (bytes != entry.bytes || crc != entry.crc32) {
    return Damaged(name, "length or checksum is another");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ZipEntry>> ReadZipDirectory(const BinaryFile& file) {
  ANNOD_ASSIGN_OR_RETURN(const Place place, FindDirectory(file));
  if (place.bytes < 0 ||
      place.bytes > std::min(kMaxDirectoryBytes, file.size())) {
    return Damaged(file.path(), "its directory is too large");
  }
  std::string directory(place.bytes, '\0');
  ANNOD_RETURN_IF_ERROR(
      file.ReadAt(place.offset, directory.data(), directory.size()));
  std::vector<ZipEntry> entries;
  absl::string_view rest = directory;
  while (static_cast<int64_t>(rest.size()) >= kEntryBytes) {
    if (rest.substr(0, 4) != "PK\x01\x02") break;
    ZipEntry entry;
    entry.method = Number<uint16_t>(rest, 10);
    entry.crc32 = Number<uint32_t>(rest, 16);
    entry.packed_bytes = Number<uint32_t>(rest, 20);
    entry.bytes = Number<uint32_t>(rest, 24);
    entry.header_offset = Number<uint32_t>(rest, 42);
    const size_t name = Number<uint16_t>(rest, 28);
    const size_t extra = Number<uint16_t>(rest, 30);
    const size_t whole =
        kEntryBytes + name + extra + Number<uint16_t>(rest, 32);
    if (whole > rest.size()) return Damaged(file.path(), "its directory ends");
    entry.name = std::string(rest.substr(kEntryBytes, name));
    TakeZip64(rest.substr(kEntryBytes + name, extra), &entry);
    if (std::min({entry.bytes, entry.packed_bytes, entry.header_offset}) < 0) {
      return Damaged(file.path(), "a number of its directory is negative");
    }
    rest.remove_prefix(whole);
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<std::unique_ptr<BinaryFile>> OpenZipEntry(
    std::unique_ptr<BinaryFile> archive, const ZipEntry& entry,
    const std::string& name) {
  std::string local(kLocalBytes, '\0');
  ANNOD_RETURN_IF_ERROR(
      archive->ReadAt(entry.header_offset, local.data(), local.size()));
  if (local.substr(0, 4) != "PK\x03\x04") return Damaged(name, "no header");
  const int64_t offset = entry.header_offset + kLocalBytes +
                         Number<uint16_t>(local, 26) +
                         Number<uint16_t>(local, 28);
  if (entry.method == 0) {
    ANNOD_RETURN_IF_ERROR(archive->Narrow(name, offset, entry.bytes));
    return archive;
  }
  if (entry.method != 8) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": packed by method ", entry.method,
                     ", which is not read; use numpy.savez"));
  }
  ANNOD_ASSIGN_OR_RETURN(const auto copy, SpoolFile::Create());
  ANNOD_RETURN_IF_ERROR(Inflate(*archive, offset, entry, name, copy.get()));
  return copy->Read(name);
}

}  // namespace annod::input
