#ifndef ANNOD_CORE_STORAGE_VERSION_FILES_H_
#define ANNOD_CORE_STORAGE_VERSION_FILES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"

namespace annod {

// Names inside an index directory (docs/format.md).
inline constexpr char kVersionsDirectory[] = "versions";
inline constexpr char kStagingDirectory[] = "staging";
inline constexpr char kCurrentFile[] = "CURRENT";
inline constexpr char kVerifyLockFile[] = ".verify-lock";
// Names inside a version directory.
inline constexpr char kManifestFile[] = "MANIFEST.json";
inline constexpr char kForestFile[] = "forest.ann";
inline constexpr char kGraphFile[] = "accel.graph";
inline constexpr char kLabelsFile[] = "labels.bin";

// Largest number of a version: years of builds, and numbers behind it can be
// counted on without overflow.
inline constexpr int64_t kMaxVersion = 999999999999;

// "000007": six digits, more when needed; and back, nullopt for anything else,
// be it a number that is too large.
std::string VersionName(int64_t version);
std::optional<int64_t> ParseVersionName(absl::string_view name);

// Name, beside the version, of the record that its files were verified.
inline std::string VerifiedRecordName(int64_t version) {
  return absl::StrCat(".verified-", VersionName(version));
}

// "000007 <checksum>": how CURRENT and RELEASED hold their number, and back.
// DataLoss, naming the file (`what`), if it is anything else.
std::string SealedNumberText(int64_t number);
absl::StatusOr<int64_t> ParseSealedNumber(absl::string_view text,
                                          absl::string_view what);

// XXH3-64 of a whole file, read through a mapping.
absl::StatusOr<uint64_t> ChecksumFile(FileSystem* fs, const std::string& path);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_VERSION_FILES_H_
