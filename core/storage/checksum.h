#ifndef ANNOD_CORE_STORAGE_CHECKSUM_H_
#define ANNOD_CORE_STORAGE_CHECKSUM_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace annod {

// XXH3-64 (libxxhash), the checksum of every file of ours.
uint64_t Xxh3(absl::string_view bytes, uint64_t seed = 0);

// 16 lower-case hexadecimal digits, and back.
std::string ChecksumToHex(uint64_t checksum);
std::optional<uint64_t> ChecksumFromHex(absl::string_view hex);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_CHECKSUM_H_
