#include "server/writer/index/found_versions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// Makes the last version behind the newest one that passes its checks the
// newest and served one.
void Adopt(const IndexSettings& view, const std::vector<int64_t>& on_disk,
           VersionStore* store, FoundVersions* versions) {
  for (auto it = on_disk.rbegin();
       it != on_disk.rend() && *it > versions->newest_number; ++it) {
    absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
        store->Open(view, *it);
    const absl::Status status =
        version.ok() ? store->SetCurrent(*it) : version.status();
    if (!status.ok()) {
      spdlog::error("version not used index={} version={} reason=\"{}\"",
                    view.name, *it, status.ToString());
      versions->rejected.push_back({*it, std::string(status.message())});
      continue;
    }
    spdlog::info("version taken over index={} version={}", view.name, *it);
    versions->newest = *std::move(version);
    versions->newest_number = *it;
    return;
  }
}

absl::Status FindNewest(const std::string& index_directory,
                        const IndexSettings& view,
                        const std::vector<int64_t>& on_disk,
                        const VersionStore& store, FoundVersions* versions) {
  const int64_t number = versions->newest_number;
  if (number == 0) return absl::OkStatus();
  std::string reason = absl::StrCat("version ", number, " is not there");
  for (auto it = on_disk.rbegin();
       it != on_disk.rend() && versions->newest == nullptr; ++it) {
    if (*it > number) continue;
    absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
        store.Open(view, *it);
    if (version.ok()) {
      versions->newest = *std::move(version);
      break;
    }
    versions->rejected.push_back(
        {*it, std::string(version.status().message())});
    if (*it == number) reason = versions->rejected.back().reason;
  }
  if (versions->newest == nullptr) {
    return absl::DataLossError(absl::StrCat("no version in '", index_directory,
                                            "' passes its checks; ", reason));
  }
  const Manifest& manifest = versions->newest->manifest;
  versions->journal_through = manifest.journal_through;
  if (manifest.version == number) return absl::OkStatus();
  // The journal that the damaged version contained is gone: numbering must go
  // on behind it, or its repair would hide newer items.
  absl::StatusOr<Manifest> damaged = store.ReadManifest(number);
  ANNOD_RETURN_IF_ERROR(damaged.status());
  versions->journal_through =
      std::max(versions->journal_through, damaged->journal_through);
  versions->base_failure = ReasonError(
      absl::StatusCode::kDataLoss, kStorageFailed,
      absl::StrCat("index '", view.name, "': version ", number,
                   " failed its check (", reason, "); a build on version ",
                   manifest.version, " would lose its items"));
  return absl::OkStatus();
}

absl::Status FindServed(const IndexSettings& view, const VersionStore& store,
                        FoundVersions* versions) {
  absl::StatusOr<int64_t> current = store.Current();
  ANNOD_RETURN_IF_ERROR(current.status());
  if (*current <= view.unbuilt_through) return absl::OkStatus();
  if (versions->newest->manifest.version == *current) {
    versions->served = versions->newest;
    return absl::OkStatus();
  }
  std::vector<VersionStore::Rejected> rejected;
  absl::StatusOr<std::shared_ptr<const OpenVersion>> served =
      store.OpenBest(view, &rejected);
  // If nothing can be served there still is a version to build from.
  if (served.ok()) versions->served = *std::move(served);
  for (VersionStore::Rejected& bad : rejected) {
    const bool known = std::any_of(
        versions->rejected.begin(), versions->rejected.end(),
        [&bad](const auto& other) { return other.version == bad.version; });
    if (!known) versions->rejected.push_back(std::move(bad));
  }
  return absl::OkStatus();
}

}  // namespace

IndexSettings WriterView(IndexSettings settings) {
  if (settings.prefault != Prefault::kNone) {
    settings.prefault = Prefault::kAdvise;
  }
  return settings;
}

absl::StatusOr<FoundVersions> FindAttached(FileSystem* fs,
                                           const std::string& index_directory,
                                           const IndexSettings& settings,
                                           const FindAttachedFile& find) {
  IndexSettings view = WriterView(settings);
  absl::StatusOr<std::string> path = find(settings.attached_path);
  ANNOD_RETURN_IF_ERROR(path.status());
  view.attached_path = *std::move(path);
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      OpenAttached(fs, index_directory, view);
  ANNOD_RETURN_IF_ERROR(version.status());
  FoundVersions versions;
  versions.newest = *version;
  versions.served = *std::move(version);
  return versions;
}

absl::StatusOr<FoundVersions> FindVersions(const std::string& index_directory,
                                           const IndexSettings& settings,
                                           VersionStore* store) {
  absl::StatusOr<std::vector<int64_t>> on_disk = store->List();
  ANNOD_RETURN_IF_ERROR(on_disk.status());
  FoundVersions versions;
  absl::StatusOr<int64_t> newest = store->Newest(settings);
  ANNOD_RETURN_IF_ERROR(newest.status());
  versions.newest_number = *newest;
  const IndexSettings view = WriterView(settings);
  Adopt(view, *on_disk, store, &versions);
  ANNOD_RETURN_IF_ERROR(
      FindNewest(index_directory, view, *on_disk, *store, &versions));
  ANNOD_RETURN_IF_ERROR(FindServed(view, *store, &versions));
  return versions;
}

}  // namespace annod
