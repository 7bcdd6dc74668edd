#ifndef ANNOD_CLIENT_INPUT_ZIP_ARCHIVE_H_
#define ANNOD_CLIENT_INPUT_ZIP_ARCHIVE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/input/binary_file.h"

namespace annod::input {

// A file in a ZIP archive, stored or deflated.
struct ZipEntry {
  std::string name;
  int method = 0;  // 0 stored, 8 deflated
  int64_t packed_bytes = 0;
  int64_t bytes = 0;
  uint32_t crc32 = 0;
  int64_t header_offset = 0;
};

// The directory of an archive, also a large one (ZIP64), as numpy.savez and
// others write it. Source: PKWARE, "APPNOTE.TXT - .ZIP File Format
// Specification" 6.3.10, sections 4.3 and 4.5.3. InvalidArgument if it is none.
absl::StatusOr<std::vector<ZipEntry>> ReadZipDirectory(const BinaryFile& file);

// The contents of `entry`: a part of `archive`, or for deflated ones a
// temporary copy. Errors name it `name`. InvalidArgument if it is damaged.
absl::StatusOr<std::unique_ptr<BinaryFile>> OpenZipEntry(
    std::unique_ptr<BinaryFile> archive, const ZipEntry& entry,
    const std::string& name);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_ZIP_ARCHIVE_H_
