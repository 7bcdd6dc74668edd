#include "core/storage/version_files.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/utf8.h"

namespace annod {

std::string VersionName(int64_t version) {
  return absl::StrFormat("%06d", version);
}

std::optional<int64_t> ParseVersionName(absl::string_view name) {
  int64_t version;
  if (name.empty() || !absl::ascii_isdigit(name.front()) ||
      !absl::SimpleAtoi(name, &version) || version < 1 ||
      version > kMaxVersion || VersionName(version) != name) {
    return std::nullopt;
  }
  return version;
}

std::string SealedNumberText(int64_t number) {
  const std::string name = VersionName(number);
  return absl::StrCat(name, " ", ChecksumToHex(Xxh3(name)), "\n");
}

absl::StatusOr<int64_t> ParseSealedNumber(absl::string_view text,
                                          absl::string_view what) {
  const absl::string_view name = text.substr(0, text.find(' '));
  const std::optional<int64_t> number = ParseVersionName(name);
  if (number.has_value() && SealedNumberText(*number) == text) return *number;
  return absl::DataLossError(
      absl::StrCat("'", what, "' holds '", ForMessage(text),
                   "', expected a number and its checksum, as in '",
                   ForMessage(SealedNumberText(1)), "'"));
}

absl::StatusOr<uint64_t> ChecksumFile(FileSystem* fs, const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                         fs->MapReadOnly(path, Prefault::kAdvise));
  return Xxh3(absl::string_view(file->data(), file->size()));
}

}  // namespace annod
