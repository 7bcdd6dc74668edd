#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/input/formats.h"
#include "client/input/zip_archive.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {

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
