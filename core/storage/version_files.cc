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
      VersionName(version) != name) {
    return std::nullopt;
  }
  return version;
}

std::string CurrentText(int64_t version) {
  const std::string name = VersionName(version);
  return absl::StrCat(name, " ", ChecksumToHex(Xxh3(name)), "\n");
}

absl::StatusOr<int64_t> ParseCurrentText(absl::string_view text) {
  const absl::string_view name = text.substr(0, text.find(' '));
  const std::optional<int64_t> version = ParseVersionName(name);
  if (version.has_value() && CurrentText(*version) == text) return *version;
  return absl::DataLossError(
      absl::StrCat("CURRENT holds '", ForMessage(text),
                   "', expected a version number and its checksum, as in '",
                   ForMessage(CurrentText(1)), "'"));
}

absl::StatusOr<uint64_t> ChecksumFile(FileSystem* fs, const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                         fs->MapReadOnly(path, Prefault::kAdvise));
  return Xxh3(absl::string_view(file->data(), file->size()));
}

}  // namespace annod
