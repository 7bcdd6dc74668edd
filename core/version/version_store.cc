#include "core/version/version_store.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/version_files.h"
#include "core/version/open_version.h"

namespace annod {

IndexSettings EffectiveSettings(IndexSettings settings,
                                const Manifest& manifest) {
  if (settings.dim == 0) settings.dim = manifest.dim;
  if (manifest.feature_names.has_value() &&
      manifest.version > settings.feature_names_through) {
    settings.feature_names = *manifest.feature_names;
  }
  return settings;
}

VersionStore::VersionStore(FileSystem* fs, std::string index_directory)
    : fs_(fs), directory_(std::move(index_directory)) {}

absl::StatusOr<std::vector<int64_t>> VersionStore::List() const {
  const auto names =
      fs_->ListDirectory(JoinPath(directory_, kVersionsDirectory));
  std::vector<int64_t> versions;
  if (absl::IsNotFound(names.status())) return versions;
  ANNOD_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    const std::optional<int64_t> version = ParseVersionName(name);
    if (version.has_value()) versions.push_back(*version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

absl::StatusOr<int64_t> VersionStore::Current() const {
  const std::string path = JoinPath(directory_, kCurrentFile);
  const auto text = fs_->ReadFile(path, /*max_bytes=*/4096);
  if (absl::IsNotFound(text.status())) return 0;
  if (absl::IsResourceExhausted(text.status())) {
    return absl::DataLossError(text.status().message());
  }
  ANNOD_RETURN_IF_ERROR(text.status());
  return ParseSealedNumber(*text, path);
}

absl::StatusOr<int64_t> VersionStore::Newest(
    const IndexSettings& settings) const {
  ANNOD_ASSIGN_OR_RETURN(const int64_t current, Current());
  return std::max(current, settings.rolled_back_from);
}

std::vector<int64_t> KeptVersions(const VersionStore& store, int64_t newest) {
  absl::StatusOr<std::vector<int64_t>> versions = store.List();
  if (!versions.ok()) return {};
  versions->erase(std::upper_bound(versions->begin(), versions->end(), newest),
                  versions->end());
  return *std::move(versions);
}

std::vector<int64_t> VerifiedVersions(const VersionStore& store,
                                      int64_t newest) {
  std::vector<int64_t> verified;
  for (const int64_t version : KeptVersions(store, newest)) {
    if (store.IsVerified(version)) verified.push_back(version);
  }
  return verified;
}

absl::StatusOr<Manifest> VersionStore::ReadManifest(int64_t version) const {
  const std::string directory =
      JoinPath(JoinPath(directory_, kVersionsDirectory), VersionName(version));
  const std::string path = JoinPath(directory, kManifestFile);
  const auto text = fs_->ReadFile(path, kMaxJsonBytes);
  if (absl::IsNotFound(text.status())) {
    if (absl::IsNotFound(fs_->Stat(directory).status())) {
      return absl::NotFoundError(absl::StrCat("there is no version ", version,
                                              " in '", directory_, "'"));
    }
    return absl::DataLossError(absl::StrCat("'", path, "' is missing"));
  }
  if (absl::IsResourceExhausted(text.status())) {
    return absl::DataLossError(text.status().message());
  }
  ANNOD_RETURN_IF_ERROR(text.status());
  absl::StatusOr<Manifest> manifest = ManifestFromJson(*text);
  if (!manifest.ok()) {
    return absl::Status(
        manifest.status().code(),
        absl::StrCat("'", path, "': ", manifest.status().message()));
  }
  if (manifest->version != version) {
    return absl::DataLossError(absl::StrCat("'", path, "' is of version ",
                                            manifest->version, ", expected ",
                                            version));
  }
  return manifest;
}

absl::Status OpenVersion::Search(absl::Span<const float> query,
                                 const SearchOptions& options,
                                 SearchScratch* scratch,
                                 std::vector<Neighbor>* out,
                                 SearchStats* stats) const {
  if (options.engine == Engine::kGraph && graph != nullptr) {
    return graph->Search(query, options, scratch, out, stats);
  }
  if (options.engine == Engine::kForest && options.rank_by_codes &&
      graph != nullptr) {
    return graph->SearchForest(query, options, scratch, out, stats);
  }
  return forest->Search(query, options, scratch, out, stats);
}

absl::StatusOr<std::shared_ptr<const OpenVersion>> VersionStore::Open(
    const IndexSettings& settings, int64_t version) const {
  ANNOD_ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(version));
  return OpenVersionFiles(fs_, directory_, settings, std::move(manifest));
}

absl::StatusOr<std::shared_ptr<const OpenVersion>> VersionStore::OpenBest(
    const IndexSettings& settings, std::vector<Rejected>* rejected) const {
  rejected->clear();
  const absl::StatusOr<int64_t> current = Current();
  if (current.ok() && *current == 0) {
    return absl::NotFoundError(
        absl::StrCat("'", directory_, "' has no published version"));
  }
  ANNOD_ASSIGN_OR_RETURN(std::vector<int64_t> candidates, List());
  if (current.ok()) {
    // Newer ones are not served: rolled back, or never published to the end.
    candidates.erase(
        std::lower_bound(candidates.begin(), candidates.end(), *current),
        candidates.end());
    candidates.push_back(*current);
  } else {
    rejected->push_back({0, std::string(current.status().message())});
  }
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    auto version = Open(settings, *it);
    if (version.ok()) return version;
    rejected->push_back({*it, std::string(version.status().message())});
  }
  return absl::DataLossError(absl::StrCat(
      "no version in '", directory_, "' passes its checks; ",
      rejected->empty() ? "there is none" : rejected->front().reason));
}

}  // namespace annod
