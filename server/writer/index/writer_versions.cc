// The part of WriterIndex that finds and chooses versions.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/writer_index.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

absl::Status NotBuilt(const std::string& name) {
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kIndexNotBuilt,
      absl::StrCat("index '", name, "' has no version yet; call Build first"),
      {{"index", name}});
}

}  // namespace

IndexSettings WriterIndex::OwnView() const {
  IndexSettings view = *settings();
  if (view.prefault != Prefault::kNone) view.prefault = Prefault::kAdvise;
  return view;
}

absl::StatusOr<WriterIndex::Versions> WriterIndex::FindAttached() const {
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      OpenAttached(fs_, directory_, OwnView());
  ANNOD_RETURN_IF_ERROR(version.status());
  Versions versions;
  versions.newest = *version;
  versions.served = *std::move(version);
  return versions;
}

absl::StatusOr<WriterIndex::Versions> WriterIndex::FindVersions() {
  absl::StatusOr<std::vector<int64_t>> on_disk = store_.List();
  ANNOD_RETURN_IF_ERROR(on_disk.status());
  Versions versions;
  absl::StatusOr<int64_t> newest = store_.Newest(*settings());
  ANNOD_RETURN_IF_ERROR(newest.status());
  versions.newest_number = *newest;
  Adopt(*on_disk, &versions);
  ANNOD_RETURN_IF_ERROR(FindNewest(*on_disk, &versions));
  ANNOD_RETURN_IF_ERROR(FindServed(&versions));
  return versions;
}

void WriterIndex::Adopt(const std::vector<int64_t>& on_disk,
                        Versions* versions) {
  const IndexSettings settings = OwnView();
  for (auto it = on_disk.rbegin();
       it != on_disk.rend() && *it > versions->newest_number; ++it) {
    absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
        store_.Open(settings, *it);
    const absl::Status status =
        version.ok() ? store_.SetCurrent(*it) : version.status();
    if (!status.ok()) {
      spdlog::error("version not used index={} version={} reason=\"{}\"", name_,
                    *it, status.ToString());
      versions->rejected.push_back({*it, std::string(status.message())});
      continue;
    }
    spdlog::info("version taken over index={} version={}", name_, *it);
    versions->newest = *std::move(version);
    versions->newest_number = *it;
    return;
  }
}

absl::Status WriterIndex::FindNewest(const std::vector<int64_t>& on_disk,
                                     Versions* versions) const {
  const int64_t number = versions->newest_number;
  if (number == 0) return absl::OkStatus();
  const IndexSettings settings = OwnView();
  std::string reason = absl::StrCat("version ", number, " is not there");
  for (auto it = on_disk.rbegin();
       it != on_disk.rend() && versions->newest == nullptr; ++it) {
    if (*it > number) continue;
    absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
        store_.Open(settings, *it);
    if (version.ok()) {
      versions->newest = *std::move(version);
      break;
    }
    versions->rejected.push_back(
        {*it, std::string(version.status().message())});
    if (*it == number) reason = versions->rejected.back().reason;
  }
  if (versions->newest == nullptr) {
    return absl::DataLossError(absl::StrCat("no version in '", directory_,
                                            "' passes its checks; ", reason));
  }
  const Manifest& manifest = versions->newest->manifest;
  versions->journal_through = manifest.journal_through;
  if (manifest.version == number) return absl::OkStatus();
  // The journal that the damaged version contained is gone: numbering must go
  // on behind it, or its repair would hide newer items.
  absl::StatusOr<Manifest> damaged = store_.ReadManifest(number);
  ANNOD_RETURN_IF_ERROR(damaged.status());
  versions->journal_through =
      std::max(versions->journal_through, damaged->journal_through);
  versions->base_failure = ReasonError(
      absl::StatusCode::kDataLoss, kStorageFailed,
      absl::StrCat("index '", name_, "': version ", number,
                   " failed its check (", reason, "); a build on version ",
                   manifest.version, " would lose its items"));
  return absl::OkStatus();
}

absl::Status WriterIndex::FindServed(Versions* versions) const {
  const IndexSettings settings = OwnView();
  absl::StatusOr<int64_t> current = store_.Current();
  ANNOD_RETURN_IF_ERROR(current.status());
  if (*current <= settings.unbuilt_through) return absl::OkStatus();
  if (versions->newest->manifest.version == *current) {
    versions->served = versions->newest;
    return absl::OkStatus();
  }
  std::vector<VersionStore::Rejected> rejected;
  absl::StatusOr<std::shared_ptr<const OpenVersion>> served =
      store_.OpenBest(settings, &rejected);
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

absl::Status WriterIndex::Unbuild() {
  absl::MutexLock change(&change_mu_);
  ANNOD_RETURN_IF_ERROR(CheckChangeable());
  IndexSettings changed = *settings();
  absl::StatusOr<int64_t> newest = store_.Newest(changed);
  if (!newest.ok()) return WithReason(newest.status(), kStorageFailed);
  if (*newest == 0) return NotBuilt(name_);
  changed.unbuilt_through = *newest;
  ANNOD_RETURN_IF_ERROR(StoreSettings(std::move(changed)));
  std::shared_ptr<const OpenVersion> none;
  absl::MutexLock lock(&state_mu_);
  std::swap(versions_.served, none);
  return absl::OkStatus();
}

absl::Status WriterIndex::Activate(int64_t version) {
  absl::MutexLock change(&change_mu_);
  ANNOD_RETURN_IF_ERROR(CheckChangeable());
  IndexSettings changed = *settings();
  absl::StatusOr<int64_t> newest = store_.Newest(changed);
  if (!newest.ok()) return WithReason(newest.status(), kStorageFailed);
  if (*newest == 0) return NotBuilt(name_);
  const std::vector<int64_t> kept = KeptVersions(store_, *newest);
  if (!std::binary_search(kept.begin(), kept.end(), version)) {
    return ReasonError(absl::StatusCode::kNotFound, kVersionNotFound,
                       absl::StrCat("version is ", version, "; index '", name_,
                                    "' keeps ", absl::StrJoin(kept, ", ")),
                       {{"index", name_}, {"version", absl::StrCat(version)}});
  }
  absl::StatusOr<std::shared_ptr<const OpenVersion>> opened =
      store_.Open(OwnView(), version);
  if (!opened.ok()) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kVersionRejected,
        absl::StrCat("version ", version, " of index '", name_,
                     "' does not pass its checks: ", opened.status().message()),
        {{"index", name_}, {"version", absl::StrCat(version)}});
  }
  // First what a restart must know to find the newest version, then the choice,
  // and last that there is something to serve again: no moment in between
  // serves anything but the old choice or the new one.
  if (version < *newest && changed.rolled_back_from != *newest) {
    changed.rolled_back_from = *newest;
    ANNOD_RETURN_IF_ERROR(StoreSettings(changed));
  }
  ANNOD_RETURN_IF_ERROR(WithReason(store_.SetCurrent(version), kStorageFailed));
  if (version <= changed.unbuilt_through) {
    changed.unbuilt_through = 0;
    ANNOD_RETURN_IF_ERROR(StoreSettings(changed));
  }
  absl::MutexLock lock(&state_mu_);
  std::swap(versions_.served, *opened);
  return absl::OkStatus();
}

absl::Status WriterIndex::Reload() {
  absl::MutexLock change(&change_mu_);
  absl::MutexLock lock(&mu_);
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(failure_);
  const std::shared_ptr<const IndexSettings> settings = this->settings();
  if (settings->attached()) {
    absl::StatusOr<Versions> found = FindAttached();
    if (found.ok()) {
      SetVersions(*std::move(found));
      return absl::OkStatus();
    }
    // The file as it was before is mapped and serves on.
    absl::MutexLock state(&state_mu_);
    versions_.rejected = {{1, std::string(found.status().message())}};
    return absl::OkStatus();
  }
  absl::StatusOr<Versions> found = FindVersions();
  if (!found.ok()) return WithReason(found.status(), kStorageFailed);
  if (staging_ != nullptr) {
    // The journal lies over another version now. What was written to it counts
    // from here on, whoever waits for it.
    ANNOD_RETURN_IF_ERROR(
        WithStorageReason(staging_->Flush(staging_->flush_ticket())));
    staging_ = nullptr;
    absl::StatusOr<std::unique_ptr<Staging>> staging =
        OpenStaging(*settings, *found);
    if (!staging.ok()) return WithStorageReason(staging.status());
    staging_ = *std::move(staging);
  }
  SetVersions(*std::move(found));
  return absl::OkStatus();
}

}  // namespace annod
